use serde::{Deserialize, Serialize};

/// Who may send, from the side of whoever wrote it (RFC 8866 §6.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both; what holds when nothing is said.
    #[default]
    SendRecv,
    /// Only the writer: holds the other side.
    SendOnly,
    /// Only the reader.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// The direction in which the writer sends, receives, both or neither.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether the writer may send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the writer may receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The same seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    /// The direction with this attribute name.
    #[must_use]
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|direction| direction.name().eq_ignore_ascii_case(name))
    }
}
