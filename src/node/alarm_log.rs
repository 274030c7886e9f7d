/// The line of an alarm in the log, the same for each of them.
pub(crate) fn line(id: &str, what: &str, cleared: bool) {
    if cleared {
        tracing::info!(id, what, "alarm cleared");
    } else {
        tracing::error!(id, what, "alarm");
    }
}
