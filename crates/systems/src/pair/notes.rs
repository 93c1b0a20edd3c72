//! What a member reports, in the pair's own words.

use env::{Effects, Observation, RequestId};

use super::lease::Lease;
use super::node::Node;
use super::record::{Lsn, Token};

/// It has read its log, which goes up to this position and is this one.
pub(super) const RECOVERED: &str = "recovered its log to";
/// It has added this record to its log, which is now this one.
pub(super) const LOGGED: &str = "logged";
/// Its log is durable up to this position, where it is this one.
pub(super) const DURABLE: &str = "has durable, all up to";
/// It has cut its log to this position; it is now this one.
pub(super) const CUT: &str = "cut its log to";
/// It has applied this record; its store is now this one.
pub(super) const APPLIED: &str = "applied";
/// It begins to serve under this token, with a log up to this position.
pub(super) const PRIMARY: &str = "is primary under token";
/// It does not serve, and has seen this token.
pub(super) const PASSIVE: &str = "is passive, having seen token";
/// Under this token, it takes all writes up to this position for accepted.
pub(super) const ACCEPTED: &str = "accepts, under token, all up to";
/// It tells a client that this request took effect, at this position.
pub(super) const ACKNOWLEDGED: &str = "acknowledges";
/// These members are in sync, by the lease of this token.
pub(super) const IN_SYNC: &str = "has in sync";
/// It has looked at the lease of this token, by which these members are in sync.
pub(super) const SEES_IN_SYNC: &str = "sees in sync";

fn note(effects: &mut Effects<Node>, what: &'static str, number: u64, of: u64) {
    effects.observe(Observation::Noted { what, number, of });
}

pub(super) fn recovered(effects: &mut Effects<Node>, last: Lsn, chain: u64) {
    note(effects, RECOVERED, last.0, chain);
}

pub(super) fn logged(effects: &mut Effects<Node>, lsn: Lsn, chain: u64) {
    note(effects, LOGGED, lsn.0, chain);
}

pub(super) fn durable(effects: &mut Effects<Node>, through: Lsn, chain: u64) {
    note(effects, DURABLE, through.0, chain);
}

pub(super) fn cut(effects: &mut Effects<Node>, to: Lsn, chain: u64) {
    note(effects, CUT, to.0, chain);
}

pub(super) fn applied(effects: &mut Effects<Node>, lsn: Lsn, digest: u64) {
    note(effects, APPLIED, lsn.0, digest);
}

pub(super) fn primary(effects: &mut Effects<Node>, token: Token, last: Lsn) {
    note(effects, PRIMARY, token.0, last.0);
}

pub(super) fn passive(effects: &mut Effects<Node>, seen: Token) {
    note(effects, PASSIVE, seen.0, 0);
}

pub(super) fn accepted(effects: &mut Effects<Node>, token: Token, through: Lsn) {
    note(effects, ACCEPTED, token.0, through.0);
}

pub(super) fn acknowledged(effects: &mut Effects<Node>, request: RequestId, lsn: Lsn) {
    note(effects, ACKNOWLEDGED, number_of(request), lsn.0);
}

pub(super) fn in_sync(effects: &mut Effects<Node>, lease: &Lease) {
    note(effects, IN_SYNC, lease.in_sync.bits(), lease.token.0);
}

pub(super) fn sees_in_sync(effects: &mut Effects<Node>, lease: &Lease) {
    note(effects, SEES_IN_SYNC, lease.in_sync.bits(), lease.token.0);
}

/// A request as one number.
pub(super) fn number_of(request: RequestId) -> u64 {
    u64::from(request.client.0) << 32 | request.seq & 0xffff_ffff
}
