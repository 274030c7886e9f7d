//! Dialogs made by INVITE (RFC 3261 §12–§15): whose turn it is, and what is still owed.
