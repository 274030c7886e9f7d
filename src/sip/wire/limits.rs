/// The longest message, head and body together, in bytes. A UDP datagram cannot be longer; over TCP
/// a longer one ends the connection.
pub const MAX_MESSAGE: usize = 65_536;

/// The most header lines in a message. RFC 4475's longest message has 50.
pub const MAX_HEADERS: usize = 200;

/// The most elements that are read from all lines of one list header (Via, Route, Contact, …)
/// together, and the most parameters of one element. RFC 4475's longest message has 34 Vias.
pub const MAX_LIST: usize = 64;
