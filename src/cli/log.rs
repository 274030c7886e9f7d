use hotline::config::LogFormat;
use tracing_subscriber::EnvFilter;

/// Begins to log to standard error; `RUST_LOG` chooses what, `info` without it.
pub(crate) fn start(format: LogFormat, default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    // Without the word about lines that cannot be written: it goes to standard error, too, and a
    // panic is what comes of that when the log's disk is full.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .log_internal_errors(false);
    match format {
        LogFormat::Text => subscriber.init(),
        LogFormat::Json => subscriber.json().init(),
    }
}
