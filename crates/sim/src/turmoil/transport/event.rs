//! What the owner of connections is told.

use env::NodeId;

use super::frame::{FrameError, Speaker};

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An attempt to connect begins.
    Connecting {
        /// To whom.
        to: NodeId,
    },
    /// A connection is established; on the side that listens, once the other side has said who it is.
    Connected {
        /// With whom.
        peer: Speaker,
    },
    /// A frame was handed to the kernel, complete.
    Written {
        /// On the connection with whom.
        to: Speaker,
        /// Which.
        number: u64,
    },
    /// A connection has ended, or an attempt to connect has failed.
    Broke {
        /// With whom; `None` if they never said.
        peer: Option<Speaker>,
        /// Why.
        why: Broken,
    },
    /// A connection took these frames with it; follows [`Event::Broke`] if there are any.
    Dropped {
        /// To whom they were to go.
        to: Speaker,
        /// Those that were written: whether they have arrived is not known.
        unacknowledged: Vec<u64>,
        /// Those that were not written, or not to their end: they have not arrived.
        waiting: Vec<u64>,
    },
}

/// Why a connection has ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// Nobody listens, or no path leads there.
    #[error("connection refused")]
    ConnectRefused,
    /// Nobody answered an attempt within [`super::Endpoint::answer_timeout`].
    #[error("no answer to an attempt to connect")]
    ConnectTimedOut,
    /// The other side closed it.
    #[error("closed by the other side")]
    PeerClosed,
    /// The other side refused what was written, or was gone.
    #[error("reset by the other side")]
    Reset,
    /// A frame was not acknowledged within [`super::Endpoint::answer_timeout`].
    #[error("frames were not acknowledged in time")]
    AckTimeout,
    /// Who connected did not say who they are within [`super::HELLO_TIMEOUT`].
    #[error("no hello in time")]
    HelloTimeout,
    /// The same peer has connected anew.
    #[error("replaced by a newer connection")]
    Replaced,
    /// What came over it was refused.
    #[error("{0}")]
    Frame(#[from] FrameError),
}
