//! One node that keeps values on its disk, and clients that ask it. Its messages have no encoding, so it runs on the
//! event engine alone.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use stormglass::prelude::*;

/// The system; `syncs` is right.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    pub(crate) syncs: bool,
}

pub(crate) const KEEPER: NodeId = NodeId(1);

#[derive(Clone, Debug)]
pub(crate) struct Nothing;

#[derive(Clone, Debug)]
pub(crate) struct Request {
    seq: u64,
    operation: Operation,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    seq: u64,
    output: Output,
}

impl Traced for Nothing {}
impl Traced for Request {}
impl Traced for Answer {}

/// No `Clone`: a run of it is never copied.
pub(crate) struct Keeper {
    syncs: bool,
    log: FileName,
    values: BTreeMap<Bytes, Bytes>,
    /// The number of each client's last write.
    seen: BTreeMap<ClientId, u64>,
    synced: u64,
    asked: u64,
    /// The answers that wait for a sync.
    waiting: Vec<(u64, ClientId, Answer)>,
}

impl Keeper {
    fn write(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        let mut word = || words.next();
        let (client, seq) = (word()?.parse().ok()?, word()?.parse().ok()?);
        let (key, value) = (word()?, word()?);
        self.seen.insert(ClientId(client), seq);
        self.values.insert(key.into(), value.into());
        Some(())
    }

    fn asked(&mut self, client: ClientId, request: Request, effects: &mut Effects<Keeper>) {
        let Request { seq, operation } = request;
        let is_new = self.seen.get(&client).is_none_or(|last| *last < seq);
        let output = match &operation {
            Operation::Put { key, value } if is_new => {
                let line = format!("{} {seq} {key} {value}", client.0);
                self.write(&line).expect("just written");
                effects.append(&self.log, format!("{line}\n").into_bytes());
                self.asked += 1;
                effects.sync = Some(SyncId(self.asked));
                Output::Written
            }
            Operation::Put { .. } => return,
            operation => Output::Value(self.values.get(operation.key()).cloned()),
        };
        self.waiting.push((self.asked, client, Answer { seq, output }));
        self.answer(effects);
    }

    fn answer(&mut self, effects: &mut Effects<Keeper>) {
        let durable = if self.syncs { self.synced } else { u64::MAX };
        for (_, client, answer) in self.waiting.extract_if(.., |(sync, ..)| *sync <= durable) {
            effects.reply(client, answer);
        }
    }
}

impl Process for Keeper {
    type Message = Nothing;
    type Request = Request;
    type Response = Answer;
    type Note = Nothing;

    fn handle(&mut self, event: Event<Keeper>, _: Instant, _: &mut dyn Random, effects: &mut Effects<Keeper>) {
        match event {
            Event::Request { client, request } => self.asked(client, request, effects),
            Event::Synced(sync) => {
                self.synced = sync.0;
                self.answer(effects);
            }
            Event::SyncFailed(_, error) => effects.halt = Some(error.to_string()),
            Event::Message { .. } | Event::Wake => {}
        }
    }
}

/// Asks once and gives up after a second.
pub(crate) struct Asker {
    seq: u64,
    is_waiting: bool,
}

impl Client for Asker {
    type Op = Operation;
    type Output = Output;
    type Request = Request;
    type Response = Answer;

    fn invoke(
        &mut self,
        operation: Operation,
        now: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Request, Output>,
    ) {
        (self.seq, self.is_waiting) = (self.seq + 1, true);
        effects.sends.push((KEEPER, Request { seq: self.seq, operation }));
        effects.wake_at = Some(now + Duration::from_secs(1));
    }

    fn receive(
        &mut self,
        _: NodeId,
        answer: Answer,
        _: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Request, Output>,
    ) {
        if self.is_waiting && answer.seq == self.seq {
            self.is_waiting = false;
            effects.completion = Some(Completion::Ok(answer.output));
        }
    }

    fn wake(&mut self, _: Instant, _: &mut dyn Random, effects: &mut ClientEffects<Request, Output>) {
        if self.is_waiting {
            self.is_waiting = false;
            effects.completion = Some(Completion::Info);
        }
    }
}

impl System for Vault {
    type Process = Keeper;
    type Client = Asker;
    type Settings = ();
    type Net = LinearizableStore<Nothing>;

    fn id(&self) -> SubjectId {
        let id = SubjectId::new("vault");
        if self.syncs { id } else { id.with_bug("answers-before-sync") }
    }

    fn version(&self) -> Option<&str> {
        Some("1.4.2")
    }

    fn engines(&self) -> Engines<Self> {
        Engines::event()
    }

    fn refuses(&self, _: Engine, fault: FaultKind) -> Option<&'static str> {
        matches!(fault, FaultKind::WipedDisk | FaultKind::BitFlip).then_some("it has but one copy, without a checksum")
    }

    fn plan(&self, seed: Seed, profile: Profile, _: &Overrides) -> Result<Plan, PlanError> {
        let mut plan = expand(seed, profile, &Overrides::nodes(1), &[])?;
        plan.workload.mix = Mix::NONE.with_get(1).with_put(1);
        (plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (0, 16);
        Ok(plan)
    }

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Keeper, Box<dyn Error>> {
        let log = FileName::from("log");
        let text = String::from_utf8(boot.disk.read(&log)?.unwrap_or_default())?;
        let (seen, values, waiting) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut keeper = Keeper { syncs: self.syncs, log, values, seen, synced: 0, asked: 1, waiting };
        // A killed process has left lines in the page cache, and a reader must not see one that a power loss takes
        // back.
        boot.effects.sync = Some(SyncId(1));
        // A line without an end was torn by a crash, and no client was told that it is there.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        for line in text[..whole].lines() {
            keeper.write(line).ok_or("a line that makes no sense")?;
        }
        if whole < text.len() {
            boot.effects.disk.push(DiskOp::Truncate { file: keeper.log.clone(), len: whole as u64 });
        }
        Ok(keeper)
    }

    fn client(&self, _: &Plan, _: ClientId) -> Asker {
        Asker { seq: 0, is_waiting: false }
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(StoreOperations::new(&plan.workload))
    }

    fn probe(&self, _: u64) -> Option<Operation> {
        Some(Operation::Get { key: "probe".into() })
    }

    fn net(&self, _: &Plan) -> LinearizableStore<Nothing> {
        LinearizableStore::default()
    }

    fn operator_request(&self, _: RequestId, _: OperatorAction) -> Option<Request> {
        None
    }
}
