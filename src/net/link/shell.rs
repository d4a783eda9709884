//! The thin shell: it does what the supervisor decides, and tells it what happened.

mod dial;
mod http;
mod lane;
mod socket;
mod tasks;

use tokio::sync::mpsc;
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

use self::lane::FromLane;
use self::tasks::Tasks;
use super::step::{Input, LaneId, Moment, Supervisor};
use super::watch::{Seen, Watch, own_addresses};
use super::{LinkClock, LinkConfig, LinkEvent, LinkInput};

/// Inputs and events that wait.
const MOST_WAITING: usize = 256;

/// Events that wait beyond that, before the server is read no further.
const MOST_BACKLOG: usize = 64;

/// How long the last words of a link may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// While frames go both ways, the machine's addresses are looked at with every so many-th look at
/// the clocks.
const READY_LOOKS: u32 = 5;

/// How many times as often a link looks that is down.
const DOWN_LOOKS: u32 = 4;

/// The task of a link: dropping it ends the link at once.
#[derive(Debug)]
pub struct LinkTask {
    _task: AbortOnDropHandle<()>,
}

/// Starts a link, which connects at once and for ever. Dropping the sender ends it as well, with
/// a goodbye to the server. Needs a tokio runtime around it.
pub fn start(
    config: LinkConfig,
    clock: LinkClock,
    seed: u64,
) -> (mpsc::Sender<LinkInput>, mpsc::Receiver<LinkEvent>, LinkTask) {
    let (inputs, asked) = mpsc::channel(MOST_WAITING);
    let (telling, events) = mpsc::channel(MOST_WAITING);
    let (voices, heard) = mpsc::channel(MOST_WAITING);
    let state = Supervisor::new(clock.pace, config.server.dual, seed);
    let shell = Shell {
        clock,
        started: Instant::now(),
        tasks: Tasks::new(config, state, voices),
        looks: 0,
    };
    let task = tokio::spawn(shell.run(asked, heard, telling));
    (inputs, events, LinkTask { _task: AbortOnDropHandle::new(task) })
}

struct Shell {
    clock: LinkClock,
    started: Instant,
    tasks: Tasks,
    looks: u32,
}

impl Shell {
    async fn run(
        mut self,
        mut asked: mpsc::Receiver<LinkInput>,
        mut heard: mpsc::Receiver<(LaneId, FromLane)>,
        telling: mpsc::Sender<LinkEvent>,
    ) {
        let mut watch = Watch::new(self.now(), self.clock.pace.watch_ms);
        let mut looked = self.started;
        self.take(Input::Start);
        loop {
            self.tell(&telling);
            let timer = self.tasks.timer().map(|ms| self.started + Duration::from_millis(ms));
            let look = looked + self.between_looks();
            let (waits, has_room) = (self.tasks.waits(), self.tasks.backlog() < MOST_BACKLOG);
            // Whatever is full, questions are taken: who asks must not wait for who does not read.
            tokio::select! {
                room = telling.reserve(), if waits => match room {
                    Ok(room) => {
                        if let Some(event) = self.tasks.next_event() {
                            room.send(event);
                        }
                    }
                    Err(_) => return,
                },
                input = asked.recv() => match input {
                    Some(input) => self.asked(input),
                    None => break,
                },
                Some((lane, what)) = heard.recv(), if has_room => self.heard(lane, what),
                () = until(timer), if timer.is_some() => {
                    if !has_room {
                        // It is we who do not listen.
                        for lane in self.tasks.lanes() {
                            self.take(Input::Alive(lane));
                        }
                    }
                    self.take(Input::Timer);
                }
                () = sleep_until(look) => {
                    looked = Instant::now();
                    self.look(&mut watch);
                }
                () = telling.closed() => return,
            }
        }
        self.take(Input::Stop);
        self.end(&telling).await;
    }

    fn now(&self) -> Moment {
        let steady_ms = self.started.elapsed().as_millis();
        Moment { steady_ms: u64::try_from(steady_ms).unwrap_or(u64::MAX), wall: (self.clock.now)() }
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        self.tasks.take(input, now);
    }

    fn asked(&mut self, input: LinkInput) {
        match input {
            LinkInput::Send(frame) => self.tasks.send(frame),
            LinkInput::Now => self.take(Input::Now),
            LinkInput::NetworkChanged => self.take(Input::NetworkChanged),
            LinkInput::Token(token) => {
                self.tasks.set_token(token);
                self.take(Input::TokenChanged);
            }
        }
    }

    fn heard(&mut self, lane: LaneId, what: FromLane) {
        let now = self.now();
        self.tasks.heard(lane, what, now);
    }

    /// A link that is down looks more often, so that it is back soon after its network.
    fn between_looks(&self) -> Duration {
        let watch = Duration::from_millis(self.clock.pace.watch_ms.max(1));
        if self.tasks.is_ready() { watch } else { watch / DOWN_LOOKS }
    }

    fn look(&mut self, watch: &mut Watch) {
        self.looks = self.looks.wrapping_add(1);
        let addresses =
            (!self.tasks.is_ready() || self.looks.is_multiple_of(READY_LOOKS)).then(own_addresses);
        match watch.look(self.now(), addresses) {
            Seen::Nothing => {}
            Seen::Woke => self.take(Input::Woke),
            Seen::OtherNetwork => self.take(Input::NetworkChanged),
        }
    }

    /// Tells as much as there is room for.
    fn tell(&mut self, telling: &mpsc::Sender<LinkEvent>) {
        while self.tasks.waits() {
            let Ok(room) = telling.try_reserve() else { return };
            if let Some(event) = self.tasks.next_event() {
                room.send(event);
            }
        }
    }

    async fn end(mut self, telling: &mpsc::Sender<LinkEvent>) {
        let last_words = async {
            while let Some(event) = self.tasks.next_event() {
                if telling.send(event).await.is_err() {
                    break;
                }
            }
            self.tasks.farewell().await;
        };
        if timeout(FAREWELL, last_words).await.is_err() {
            tracing::debug!("a link ended without its last words");
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
