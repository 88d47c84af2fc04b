//! The time, and since when the machine runs: nothing else reads them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::flow::Timestamp;

/// A step forward of more than this is time that nobody saw.
const GAP: Duration = Duration::from_mins(1);

/// The system's wall clock, guarded against stepping back. Clones show the same time.
///
/// Where the wall clock is set back, this one goes on at its own pace until the other has caught
/// up: time that stood still would hold back every message for as long as the step was.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Base>>);

#[derive(Clone, Copy, Debug)]
struct Base {
    instant: Instant,
    time: Timestamp,
    /// The sum of the gaps so far.
    gaps: Duration,
}

impl Clock {
    /// A clock that shows the wall clock's time.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Base {
            instant: Instant::now(),
            time: wall(),
            gaps: Duration::ZERO,
        })))
    }

    /// How far the clock has gone forward at once in all, in steps of over a minute: while the machine
    /// was asleep, or as it was set.
    pub fn gaps(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).gaps
    }

    /// The time now. Never before what it showed earlier.
    pub fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(Instant::now(), wall())
    }
}

/// A clock that is set by hand: it shows what [`Clock`] would while time passes and the wall clock is
/// set.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    began: Instant,
    /// How much time has passed since.
    elapsed: Duration,
    /// What the wall clock shows.
    wall: Timestamp,
    base: Base,
}

impl VirtualClock {
    /// One that begins when the wall clock shows `wall`.
    pub fn new(wall: Timestamp) -> Self {
        let began = Instant::now();
        let base = Base { instant: began, time: wall, gaps: Duration::ZERO };
        Self { began, elapsed: Duration::ZERO, wall, base }
    }

    /// Lets time pass until `elapsed` after the beginning. It never goes back.
    pub fn pass_to(&mut self, elapsed: Duration) {
        self.wall = self.wall + elapsed.saturating_sub(self.elapsed);
        self.elapsed = self.elapsed.max(elapsed);
        self.now();
    }

    /// Sets the wall clock forward.
    pub fn set_forward(&mut self, by: Duration) {
        self.wall = self.wall + by;
    }

    /// Sets the wall clock back.
    pub fn set_back(&mut self, by: Duration) {
        self.wall = self.wall - by;
    }

    /// The program begins anew: it knows nothing of what the clock showed before.
    pub fn restart(&mut self) {
        let instant = self.began + self.elapsed;
        self.base = Base { instant, time: self.wall, gaps: Duration::ZERO };
    }

    /// As [`Clock::now`].
    pub fn now(&mut self) -> Timestamp {
        self.base.read(self.began + self.elapsed, self.wall)
    }

    /// As [`Clock::gaps`].
    pub fn gaps(&self) -> Duration {
        self.base.gaps
    }
}

/// Measures how long something takes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// One that runs from now on.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What the system calls the time since the machine started: another name each time (proc(5),
/// `random/boot_id`). `None` where it does not tell.
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Base {
    /// The time at `instant`, when the wall clock shows `wall`.
    fn read(&mut self, instant: Instant, wall: Timestamp) -> Timestamp {
        let time = self.time + instant.saturating_duration_since(self.instant);
        if wall > time {
            let step = wall.since(time);
            let gap = if step > GAP { step } else { Duration::ZERO };
            *self = Self { instant, time: wall, gaps: self.gaps + gap };
            return wall;
        }
        time
    }
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_millis(0) + since.unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_at_its_own_pace_while_the_wall_clock_is_behind() {
        let start = Instant::now();
        let time = Timestamp::from_millis(10_000);
        let mut base = Base { instant: start, time, gaps: Duration::ZERO };
        let mut read = |elapsed: u64, wall| {
            let instant = start + Duration::from_millis(elapsed);
            base.read(instant, Timestamp::from_millis(wall)).as_millis()
        };
        assert_eq!(read(500, 10_500), 10_500);
        assert_eq!(read(600, 3_000), 10_600, "set back by an hour");
        assert_eq!(read(1_600, 4_000), 11_600);
        assert_eq!(read(1_700, 90_000), 90_000, "set forward");
        assert_eq!(read(1_800, 90_050), 90_100, "a little behind again");
        assert_eq!(read(1_900, 150_200), 150_200, "a minute");
        assert_eq!(base.gaps, Duration::from_millis(90_000 - 11_700));
    }

    #[test]
    fn by_hand_it_shows_what_it_would_show_and_after_a_restart_what_the_wall_clock_does() {
        let mut clock = VirtualClock::new(Timestamp::from_millis(1_000_000));
        let seconds = Duration::from_secs;
        clock.pass_to(seconds(10));
        assert_eq!(clock.now().as_millis(), 1_010_000);
        clock.set_back(seconds(500));
        clock.pass_to(seconds(20));
        assert_eq!((clock.now().as_millis(), clock.gaps()), (1_020_000, Duration::ZERO));
        clock.restart();
        assert_eq!(clock.now().as_millis(), 520_000);
        clock.set_forward(seconds(30));
        assert_eq!((clock.now().as_millis(), clock.gaps()), (550_000, Duration::ZERO));
        clock.set_forward(seconds(3600));
        clock.pass_to(seconds(25));
        assert_eq!((clock.now().as_millis(), clock.gaps()), (4_155_000, seconds(3600)));
    }
}
