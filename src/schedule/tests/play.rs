//! A script of attempts, played against the schedule by a world that keeps its own account of what must hold.

use super::*;

/// How one attempt of the scripted transport goes.
#[derive(Debug, Clone)]
pub(super) struct Play {
    pub(super) takes: Duration,
    pub(super) signal: Signal,
    /// Come back after this long, to this host.
    pub(super) again: Option<(Duration, usize)>,
    /// And cool the host for this long.
    pub(super) cool: Option<Duration>,
}

impl Play {
    pub(super) fn taking(takes: Duration) -> Self {
        Play { takes, signal: Signal::Answered, again: None, cool: None }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) limits: Limits,
    pub(super) max_outage: Duration,
    pub(super) fetchers: usize,
    pub(super) hosts: Vec<usize>,
    pub(super) plays: Vec<Play>,
    /// What the robots.txt of hosts say: the spacing, and whether every third input is refused. If empty, none is
    /// fetched.
    pub(super) robots: Vec<(Duration, bool)>,
    /// Whether only the oldest job may start, step by step.
    pub(super) alone: Vec<bool>,
    /// After how many attempts the schedule is stopped.
    pub(super) stop: Option<usize>,
}

impl Script {
    pub(super) fn new(limits: Limits, fetchers: usize, hosts: Vec<usize>, plays: Vec<Play>) -> Self {
        let max_outage = Duration::ZERO;
        Script { limits, max_outage, fetchers, hosts, plays, robots: Vec::new(), alone: vec![false], stop: None }
    }
}

/// What a run of the script showed.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// Inputs that came to an end, in whatever way, but for those that were skipped.
    pub(super) ended: Vec<u64>,
    pub(super) skipped: u64,
    /// When each attempt left, and to where.
    pub(super) left: Vec<(Duration, Url)>,
}

/// What is known of a host, found out from outside.
#[derive(Debug, Default)]
struct Host {
    robots: RobotsTxt,
    spacing: Duration,
    /// Before when nothing may start: it asked for a pause, or its spacing applies.
    closed_until: Duration,
    unreachable: bool,
    /// Counts the pauses and outages. Of the requests that started since, how many may be in flight and how many are.
    epoch: u32,
    limit: Option<usize>,
    out: usize,
    paused_until: Duration,
}

#[derive(Debug, Default, PartialEq)]
enum RobotsTxt {
    #[default]
    Unknown,
    Requested,
    Known {
        refuses: bool,
    },
}

/// A request in flight.
struct Flight {
    lease: Lease,
    play: Play,
    host: String,
    epoch: u32,
}

struct World<'a> {
    script: &'a Script,
    schedule: Schedule,
    now: Duration,
    hosts: HashMap<String, Host>,
    in_pool: HashMap<String, usize>,
    wire: BTreeMap<(Duration, usize), Flight>,
    /// Inputs that are not in flight and have not ended.
    waiting: BTreeSet<u64>,
    attempts: usize,
    stopped: bool,
    observed: Observed,
}

const LONGEST: Duration = Duration::MAX;

impl World<'_> {
    fn refuses(&self, job: &Job) -> bool {
        let host = self.hosts.get(&*host_key(&job.url));
        host.is_some_and(|host| host.robots == RobotsTxt::Known { refuses: true }) && job.seq.is_multiple_of(3)
    }

    /// Whether the job may go to its URL, as far as that is known; fetches robots.txt first if it is not.
    fn check_robots(&mut self, job: &Job) -> bool {
        if self.script.robots.is_empty() || job.is_robots_txt() {
            return true;
        }
        if self.refuses(job) {
            return false;
        }
        let host = self.hosts.entry(host_key(&job.url).into_owned()).or_default();
        match host.robots {
            RobotsTxt::Unknown => {
                host.robots = RobotsTxt::Requested;
                let mut request = Box::new(Job::robots_txt(job.url.clone(), Arc::default()));
                request.given = Some(job.url.as_str().into());
                self.schedule.close(&job.url);
                self.schedule.admit_robots_txt(request, self.now);
            }
            RobotsTxt::Requested => self.schedule.close(&job.url),
            RobotsTxt::Known { .. } => self.schedule.space(&job.url, host.spacing),
        }
        true
    }

    fn admit(&mut self, job: Box<Job>) {
        if !self.check_robots(&job) {
            return self.observed.ended.push(job.seq);
        }
        self.waiting.insert(job.seq);
        self.schedule.admit(job, self.now);
    }

    /// A job has ended, and its slot was given back.
    fn end(&mut self, job: &Job) {
        if !job.is_robots_txt() {
            self.waiting.remove(&job.seq);
            return self.observed.ended.push(job.seq);
        }
        if self.stopped {
            return;
        }
        let url: Url = job.given.as_deref().unwrap().parse().unwrap();
        let (spacing, refuses) = self.script.robots[self.attempts % self.script.robots.len()];
        let host = self.hosts.get_mut(&*host_key(&url)).unwrap();
        (host.robots, host.spacing) = (RobotsTxt::Known { refuses }, spacing);
        let keep = |job: &Job| !(refuses && job.seq.is_multiple_of(3));
        for job in self.schedule.open(&url, spacing, keep, self.now) {
            self.end(&job);
        }
    }

    /// Leases and reads until nothing more may leave.
    fn send_out(&mut self, input: &mut impl Iterator<Item = Box<Job>>, alone: bool) -> Option<Blocked> {
        loop {
            let oldest = self.waiting.first().filter(|_| alone && !self.stopped);
            let step = match oldest {
                Some(&seq) => self.schedule.step_for(seq, self.now),
                None => self.schedule.step(self.now),
            };
            match step {
                Step::Go(lease) => self.send(lease),
                Step::Refuse(job) => self.end(&job),
                Step::Read if self.stopped => return None,
                Step::Read => match input.next() {
                    Some(job) => self.admit(job),
                    None => return None,
                },
                Step::Wait(reason) => return Some(reason),
            }
        }
    }

    /// Holds a departure against every limit.
    fn send(&mut self, lease: Lease) {
        let (limits, url, now) = (&self.script.limits, &lease.job.url, self.now);
        let flying = self.in_pool.entry(limits.limit_by.name(url).into_owned()).or_default();
        *flying += 1;
        assert!(*flying <= limits.of(url).0.get(), "host limit exceeded");
        assert!(lease.ticket.fetcher() < self.script.fetchers);
        if let Some(seq) = lease.job.input_seq() {
            self.waiting.remove(&seq);
        }
        assert!(!self.refuses(&lease.job) || lease.job.is_robots_txt(), "refused, and sent");
        let name = host_key(url).into_owned();
        let host = self.hosts.entry(name.clone()).or_default();
        assert!(
            lease.job.is_robots_txt() || host.robots != RobotsTxt::Requested,
            "sent before its robots.txt is known"
        );
        assert!(now >= host.closed_until, "{name} is left alone until {:?}", host.closed_until);
        if !lease.job.is_robots_txt() {
            host.closed_until = now + host.spacing; // the one for robots.txt does not count
        }
        host.out += 1;
        let forgotten = now >= host.paused_until + Duration::from_secs(60) && !host.unreachable;
        let few = host.limit.is_none_or(|limit| host.out <= limit);
        assert!(forgotten || few, "{name} restarts with {} at once, not {:?}", host.out, host.limit);
        self.observed.left.push((now, url.clone()));
        let play = self.script.plays[self.attempts % self.script.plays.len()].clone();
        self.attempts += 1;
        let epoch = host.epoch;
        self.wire.insert((now + play.takes, self.attempts), Flight { lease, play, host: name, epoch });
    }

    fn finish(&mut self, Flight { lease: Lease { ticket, mut job }, play, host: name, epoch }: Flight) {
        let now = self.now;
        *self.in_pool.get_mut(&*self.script.limits.limit_by.name(&job.url)).unwrap() -= 1;
        self.schedule.learn(&ticket, play.signal, play.takes, now);
        let host = self.hosts.get_mut(&name).unwrap();
        if host.epoch == epoch {
            host.out -= 1;
            let answered = matches!(play.signal, Signal::Answered | Signal::Failed);
            host.limit = host.limit.map(|limit| limit + usize::from(answered));
        }
        let unreachable = self.schedule.is_unreachable(&ticket);
        if let Some(cool) = play.cool {
            self.schedule.cool(&ticket, now + cool, now);
            host.closed_until = host.closed_until.max(now + cool);
            host.paused_until = host.closed_until;
        }
        if unreachable && !host.unreachable || play.cool.is_some_and(|cool| !cool.is_zero()) {
            (host.epoch, host.out, host.limit) = (host.epoch + 1, 0, Some(1));
        }
        host.unreachable = unreachable;
        let again = play.again.filter(|_| job.place.line < 3 && !self.stopped);
        let Some((wait, to)) = again else {
            self.schedule.settle(ticket, now);
            return self.end(&job);
        };
        job.place.line += 1; // counts the attempts of this test
        job.url = url(to);
        if !self.check_robots(&job) {
            self.schedule.settle(ticket, now);
            return self.end(&job);
        }
        if !job.is_robots_txt() {
            self.waiting.insert(job.seq);
        }
        self.schedule.requeue(ticket, job, now + wait, now);
    }

    fn stop(&mut self, input: &mut impl Iterator<Item = Box<Job>>) {
        self.stopped = true;
        let stopped = self.schedule.stop(self.now);
        assert_eq!(self.waiting.len() as u64, stopped.begun.len() as u64 + stopped.skipped);
        stopped.begun.iter().for_each(|job| self.end(job));
        self.waiting.clear();
        self.observed.skipped = stopped.skipped + input.count() as u64;
    }

    /// What must hold whenever nothing more may leave.
    fn check(&self, blocked: Option<Blocked>, alone: bool) {
        let (limits, schedule) = (&self.script.limits, &self.schedule);
        let concurrency = limits.concurrency.get();
        assert!(schedule.in_flight() <= concurrency && schedule.in_flight() == self.wire.len());
        let robots = self.hosts.values().filter(|host| host.robots == RobotsTxt::Requested).count();
        let bound = limits.window.get() + concurrency + robots;
        assert!(schedule.index_is_exact(), "the index is wrong");
        assert!(schedule.waiting() <= bound, "the window is not bounded");
        assert!(schedule.next_timer().is_none_or(|at| at > self.now), "it would not wait");
        let unlimited = limits.rate.is_none() && limits.host_rate.is_none() && limits.host_rules.is_empty();
        let tls = self.hosts.keys().any(|host| host.starts_with("https:")); // starts with one
        if unlimited && self.wire.len() < concurrency && !tls && !alone {
            assert!(!schedule.has_due_job(self.now), "an idle slot while a job could go");
            assert!(blocked != Some(Blocked::Concurrency));
        }
    }
}

/// Plays the script to its end and checks on the way what must hold at every instant.
pub(super) fn play(script: &Script) -> Observed {
    let mut input = script.hosts.iter().enumerate().map(|(seq, &host)| job(seq as u64, host));
    let mut world = World {
        script,
        schedule: Schedule::new(&script.limits, script.max_outage, NonZeroUsize::new(script.fetchers).unwrap()),
        now: Duration::ZERO,
        hosts: HashMap::new(),
        in_pool: HashMap::new(),
        wire: BTreeMap::new(),
        waiting: BTreeSet::new(),
        attempts: 0,
        stopped: false,
        observed: Observed::default(),
    };
    if script.alone.contains(&true) {
        world.schedule.track_inputs();
    }
    for step in 0.. {
        assert!(step < 100_000, "it never ends");
        let alone = script.alone[step % script.alone.len()];
        let blocked = world.send_out(&mut input, alone);
        world.check(blocked, alone);
        if !world.stopped && script.stop.is_some_and(|after| world.attempts >= after) {
            world.stop(&mut input);
        }
        let done = world.wire.first_key_value().map_or(LONGEST, |(&(at, _), _)| at);
        world.now = done.min(world.schedule.next_timer().unwrap_or(LONGEST));
        if world.now == LONGEST {
            break;
        }
        while let Some(first) = world.wire.first_entry().filter(|first| first.key().0 <= world.now) {
            let flight = first.remove();
            world.finish(flight);
        }
    }
    let World { schedule, observed, .. } = world;
    assert!(input.next().is_none() && schedule.waiting() == 0 && schedule.in_flight() == 0, "jobs are left");
    assert_eq!((schedule.hosts(), schedule.pools.len()), (0, 0), "lanes leak");
    observed
}
