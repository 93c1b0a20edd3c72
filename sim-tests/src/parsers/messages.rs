//! Messages of nodes and clients.

use std::fmt::Debug;

use env::Wire;
use kv::{Request, Response};
use raft::{Message, ProposeError};

/// Bytes are refused as a message, a refusal, a request and a response, or are the very bytes that the value is sent as.
pub fn wire(bytes: &[u8]) -> bool {
    let read = [canonical::<Message>(bytes), canonical::<ProposeError>(bytes)];
    read.into_iter().chain([canonical::<Request>(bytes), canonical::<Response>(bytes)]).any(|is_read| is_read)
}

fn canonical<T: Wire + Debug + PartialEq>(bytes: &[u8]) -> bool {
    match T::from_wire(bytes) {
        Ok(value) => {
            let mut encoded = Vec::new();
            value.to_wire(&mut encoded);
            assert_eq!(encoded, bytes, "{value:?} has two encodings");
            assert_eq!(T::from_wire(&encoded).as_ref(), Ok(&value), "a sent message is read as another one");
            true
        }
        Err(error) => {
            assert!(error.at() <= bytes.len(), "refused beyond the {} bytes: {error}", bytes.len());
            false
        }
    }
}
