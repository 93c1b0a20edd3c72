//! A token that is damaged on its way is read as the repro it was written from, or refused.

extern crate stormglass_explore as explore;

use env::NodeSet;
use explore::{Failure, FailureKind, Fingerprint, Format, Origin, Recorded, Repro, VERSION};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sim::{Engine, Overrides, Profile, Seed, expand};

/// The characters of a token.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

prop_compose! {
    fn repros()(
        seed in any::<u64>(),
        engine in select(Engine::ALL),
        profile in select(Profile::ALL),
        is_of_profile in any::<bool>(),
        kind in select(&[FailureKind::Safety, FailureKind::Panic, FailureKind::Liveness][..]),
        message in "[^\\p{C}\\s]{1,40}",
        digest in any::<u64>(),
        count in any::<u64>(),
    ) -> Repro {
        let plan = expand(Seed(seed), profile, &Overrides::default(), &[]).expect("seeds make valid plans");
        let failure = Failure {
            seed: plan.seed,
            kind,
            invariant: None,
            nodes: NodeSet::EMPTY,
            message: message.clone(),
            explanation: None,
            at: None,
        };
        Repro {
            format: Format,
            version: VERSION.into(),
            system: Some("raft-kv".into()),
            system_version: None,
            engine,
            profile: is_of_profile.then_some(profile),
            plan,
            outcome: Some(Recorded {
                verdict: kind.verdict().into(),
                failure: Some(Fingerprint::of(&failure)),
                message: Some(message),
                at: None,
                digest,
                milestones: [("leader elected".into(), count)].into(),
            }),
        }
    }
}

/// One thing that can happen to a text.
#[derive(Clone, Debug)]
enum Damage {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    Swap(Index, Index),
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), select(ALPHABET)).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        (any::<Index>(), select(ALPHABET)).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<Index>().prop_map(Damage::Remove),
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Damage::Swap(one, other)),
    ]
}

fn damaged(token: &str, damages: &[Damage]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for damage in damages.iter().take_while(|_| token.len() > 1) {
        let len = bytes.len().max(1);
        match damage {
            _ if bytes.is_empty() => {}
            Damage::Replace(at, byte) => bytes[at.index(len)] = *byte,
            Damage::Insert(at, byte) => bytes.insert(at.index(len), *byte),
            Damage::Remove(at) => drop(bytes.remove(at.index(len))),
            Damage::Cut(at) => bytes.truncate(at.index(len)),
            Damage::Swap(one, other) => bytes.swap(one.index(len), other.index(len)),
        }
    }
    String::from_utf8(bytes).expect("a token is ASCII")
}

proptest! {
    #[test]
    fn a_repro_survives_being_a_file_and_being_a_token(repro in repros()) {
        prop_assert_eq!(&Repro::from_json(repro.to_json().as_bytes()).expect("just written"), &repro);
        prop_assert_eq!(&Repro::from_token(&repro.token()).expect("just written"), &repro);
    }

    #[test]
    fn a_token_is_one_word_that_needs_no_quotes(repro in repros()) {
        let token = repro.token();
        prop_assert!(token.starts_with("sg2-"));
        prop_assert!(token.bytes().all(|byte| ALPHABET.contains(&byte)), "{}", token);
    }

    #[test]
    fn no_damaged_token_is_accepted(repro in repros(), damages in vec(damages(), 1..6)) {
        let token = repro.token();
        let damaged = damaged(&token, &damages);
        if damaged != token {
            let refused = Repro::from_token(&damaged);
            prop_assert!(refused.is_err(), "{:?} was accepted", damages);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(sg[0-9]?-)?[\\PC\\s]{0,80}") {
        prop_assert!(Repro::from_token(&text).is_err());
        prop_assert!(Repro::from_json(text.as_bytes()).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Repro::from_json(&bytes).is_err());
    }
}

#[test]
fn every_single_changed_character_is_noticed() {
    let plan = expand(Seed(7), Profile::Calm, &Overrides::default(), &[]).expect("seeds make valid plans");
    let origin =
        Origin { subject: "raft-kv".into(), subject_version: None, engine: Engine::Event, profile: None, nodes: None };
    let outcome =
        Recorded { verdict: "pass".into(), failure: None, message: None, at: None, digest: 1, milestones: [].into() };
    let Origin { subject, engine, profile, .. } = origin;
    let token = Repro {
        format: Format,
        version: VERSION.into(),
        system: Some(subject),
        system_version: None,
        engine,
        profile,
        plan,
        outcome: Some(outcome),
    }
    .token();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        // The lowest bit of its six, or about that: some other character of the alphabet.
        let place = ALPHABET.iter().position(|byte| *byte == bytes[at]).expect("of the alphabet");
        bytes[at] = ALPHABET[place ^ 1];
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert!(Repro::from_token(&changed).is_err(), "character {at} of {token}");
    }
}
