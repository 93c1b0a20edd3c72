//! Handing over leadership (thesis section 3.10).
//!
//! The leader takes no more proposals, brings the target's log up to date and asks it to stand at once. Voters grant it
//! their votes although they hear from the leader, which is why the leader's lease ends when it asks, for the whole
//! term: the request may arrive late.

use env::{Instant, NodeId, Random};
use raft_types::Observation;

use crate::error::ProposeError;
use crate::leader::Leading;
use crate::message::Message;
use crate::node::{Node, State};
use crate::rules::Rules;

/// A transfer in progress.
#[derive(Clone, Debug)]
pub(crate) struct Handover {
    pub(crate) to: NodeId,
    /// When the leader gives up and serves again.
    pub(crate) deadline: Instant,
    /// True if the target has been asked to stand.
    asked: bool,
}

impl<R: Rules> Node<R> {
    /// Begins to hand over leadership to another voter. It has worked when that one leads; it is given up after an
    /// election timeout, and then this server serves again.
    ///
    /// # Errors
    /// If this server does not lead, is handing over to another one, or `to` is no other voter.
    pub fn transfer_leadership(&mut self, to: NodeId, now: Instant) -> Result<(), ProposeError> {
        let before = self.begin(now);
        let result = self.begin_handover(to);
        self.end(&before);
        result
    }

    fn begin_handover(&mut self, to: NodeId) -> Result<(), ProposeError> {
        self.leads_or_error()?;
        if to == self.config.id || !self.configurations.current().is_voter(to) {
            return Err(ProposeError::InvalidTransfer { to });
        }
        let deadline = self.now() + self.config.election_timeout_max;
        let State::Leader(leader) = &mut self.state else { unreachable!("checked above") };
        match &leader.handover {
            Some(handover) if handover.to == to => return Ok(()),
            Some(handover) => return Err(ProposeError::Transferring { to: handover.to }),
            None => leader.handover = Some(Handover { to, deadline, asked: false }),
        }
        self.outbox.observe(Observation::TransferStarted { to });
        self.ask_to_stand();
        Ok(())
    }

    /// Asks the target to stand as soon as it has the whole log.
    pub(crate) fn ask_to_stand(&mut self) {
        let Some(Leading { leader, source, messages, .. }) = self.leading() else { return };
        let Some((to, asked)) = leader.handover.as_ref().map(|handover| (handover.to, handover.asked)) else { return };
        let last = source.log.last_index();
        if asked || leader.progress(to).is_none_or(|progress| progress.match_index < last) {
            return;
        }
        messages.push((to, Message::TimeoutNow { term: source.term }));
        leader.asked_to_stand = true;
        if let Some(handover) = &mut leader.handover {
            handover.asked = true;
        }
    }

    /// Gives a transfer up that takes too long or has a target that cannot lead any more.
    pub(crate) fn expire_handover(&mut self) {
        let now = self.now();
        let State::Leader(leader) = &mut self.state else { return };
        let Some(handover) = &mut leader.handover else { return };
        let to = handover.to;
        if self.rules.aborts_transfer(now >= handover.deadline, self.configurations.current().is_voter(to)) {
            leader.handover = None;
            self.outbox.observe(Observation::TransferAborted { to });
        } else if now >= handover.deadline {
            // Only if the rules never give up: do not come back at once for nothing.
            handover.deadline = now + self.config.election_timeout_max;
        }
    }

    pub(crate) fn handle_timeout_now(&mut self, from: NodeId, random: &mut dyn Random) {
        if self.leader() == Some(from) && self.may_campaign() && !matches!(self.state, State::Leader(_)) {
            self.become_candidate(true, random);
        }
    }
}
