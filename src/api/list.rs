use serde::Serialize;

use crate::store::Page;

/// The form of every list.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct List<T> {
    /// The rows of this page.
    pub(crate) rows: Vec<T>,
    /// The `cursor` of the next page; null when this is the last.
    pub(crate) next: Option<String>,
}

impl<T> List<T> {
    /// A list that is one page.
    pub(crate) const fn whole(rows: Vec<T>) -> Self {
        Self { rows, next: None }
    }
}

impl<T> From<Page<T>> for List<T> {
    fn from(page: Page<T>) -> Self {
        Self { rows: page.rows, next: page.next.map(|cursor| cursor.to_string()) }
    }
}
