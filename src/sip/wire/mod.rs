//! SIP messages as bytes and as values: a tolerant, bounded parser without copies, and a writer.

mod cseq;
mod digest;
mod embedded;
mod error;
mod fields;
mod frame;
mod fuzz;
mod headers;
mod lex;
mod limits;
mod media_type;
mod message;
mod method;
mod name;
mod name_addr;
mod params;
mod parse;
mod replaces;
mod scan;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod uri;
mod via;
mod write;

pub use cseq::CSeq;
pub use digest::{Challenge, Credentials};
pub use error::{Answerable, BadHeader, Fault, ParseError};
pub use frame::{FrameError, FrameFault, Framed, Framer};
pub use fuzz::fuzz;
pub use headers::{Contacts, Headers};
pub use limits::{MAX_HEADERS, MAX_LIST, MAX_MESSAGE};
pub use media_type::MediaType;
pub use message::{Message, Request, Response};
pub use method::Method;
pub use name::Name;
pub use name_addr::{BadNameAddr, NameAddr};
pub use params::Params;
pub use parse::parse;
pub use replaces::Replaces;
pub use status::reason_phrase;
pub use text::Text;
pub use uri::{BadUri, Scheme, Uri};
pub use via::Via;
