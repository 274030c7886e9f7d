use std::fmt::Write as _;

use crate::sip::stack::{Flow, Head};
use crate::sip::wire::{Method, NameAddr, Request, Text, Via};

/// A request as it came, with what is asked of it again and again.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) flow: Flow,
    pub(crate) request: Request,
    /// The length of the whole message.
    pub(crate) length: usize,
    pub(crate) via: Via,
    pub(crate) from: NameAddr,
    pub(crate) to: NameAddr,
    pub(crate) call_id: Text,
    pub(crate) cseq: u32,
}

impl Asked {
    /// `None` only for what `parse` would not have let through.
    pub(crate) fn new(flow: Flow, request: Request, length: usize) -> Option<Self> {
        let headers = &request.headers;
        Some(Self {
            flow,
            length,
            via: headers.via().ok()?,
            from: headers.from().ok()?,
            to: headers.to().ok()?,
            call_id: headers.call_id().ok()?.clone(),
            cseq: headers.cseq().ok()?.number,
            request,
        })
    }

    pub(crate) fn caller_tag(&self) -> &str {
        self.from.tag().unwrap_or("")
    }

    /// What a request that comes again, and the ACK of a refused INVITE, have in common with it
    /// (RFC 3261 §17.2.3). `method` is INVITE for ACK and for what a CANCEL is about.
    pub(crate) fn key(&self, method: &Method) -> Box<str> {
        let mut key = String::with_capacity(96);
        let Via { host, port, .. } = &self.via;
        let sent_by = port.unwrap_or(0);
        let written = match self.via.branch().filter(|_| self.via.has_magic_branch()) {
            Some(branch) => write!(key, "{branch}\n{host}:{sent_by}\n{method}"),
            None => {
                let Self { call_id, cseq, .. } = self;
                let (tag, branch) = (self.caller_tag(), self.via.branch().unwrap_or(""));
                write!(key, "\n{call_id}\n{cseq}\n{tag}\n{host}:{sent_by}\n{branch}\n{method}")
            }
        };
        debug_assert!(written.is_ok());
        key.into()
    }

    /// What two copies of an INVITE that took different ways have in common (§8.2.2.2).
    pub(crate) fn merge(&self) -> Box<str> {
        format!("{}\n{}\n{}", self.call_id, self.caller_tag(), self.cseq).into()
    }

    pub(crate) fn head(&self) -> Head {
        Head::new(&self.request, &self.via, &self.flow)
    }

    /// A To tag that is the same whenever this request comes, and that nobody else can make.
    pub(crate) fn stateless_tag(&self, [a, b, c, d]: [u64; 4]) -> Text {
        let hasher = ahash::RandomState::with_seeds(a, b, c, d);
        let branch = self.via.branch().unwrap_or("");
        let hash = hasher.hash_one((self.call_id.as_str(), self.caller_tag(), self.cseq, branch));
        Text::from(format!("{hash:016x}"))
    }
}
