use crate::api::Door;
/// stub
pub fn router(door: Door) -> axum::Router {
    let _ = door;
    axum::Router::new()
}
