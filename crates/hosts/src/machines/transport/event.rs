//! The events that the owner of connections is told.

use env::NodeId;

use super::frame::{FrameError, Speaker};

/// Something that happened to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An attempt to connect begins.
    Connecting {
        /// The node to connect to.
        to: NodeId,
    },
    /// A connection is established; on the side that listens, once the other side's hello has come.
    Connected {
        /// The other side.
        peer: Speaker,
    },
    /// A frame was handed to the kernel, complete.
    Written {
        /// The other side of the connection.
        to: Speaker,
        /// The number of the frame.
        number: u64,
    },
    /// A connection has ended, or an attempt to connect has failed.
    Broke {
        /// The other side; `None` if its hello never came.
        peer: Option<Speaker>,
        /// The reason.
        why: Broken,
    },
    /// A connection took these frames with it; follows [`Event::Broke`] if there are any.
    Dropped {
        /// The receiver of the frames.
        to: Speaker,
        /// The frames that were written: whether they have arrived is not known.
        unacknowledged: Vec<u64>,
        /// The frames that were not written, or not to their end: they have not arrived.
        waiting: Vec<u64>,
    },
}

/// Why a connection has ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// No host listens, or no path leads there.
    #[error("connection refused")]
    ConnectRefused,
    /// The attempt was not answered within [`super::Endpoint::answer_timeout`].
    #[error("no answer to an attempt to connect")]
    ConnectTimedOut,
    /// The other side closed it.
    #[error("closed by the other side")]
    PeerClosed,
    /// The other side refused bytes that were written, or was gone.
    #[error("reset by the other side")]
    Reset,
    /// A frame was not acknowledged within [`super::Endpoint::answer_timeout`].
    #[error("frames were not acknowledged in time")]
    AckTimeout,
    /// The hello of the other side did not come within [`super::HELLO_TIMEOUT`].
    #[error("no hello in time")]
    HelloTimeout,
    /// The same peer has connected anew.
    #[error("replaced by a newer connection")]
    Replaced,
    /// A frame on the connection was refused.
    #[error("{0}")]
    Frame(#[from] FrameError),
}
