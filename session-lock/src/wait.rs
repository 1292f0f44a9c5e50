//! How long a caller waits, and how often it asks again.
use std::time::{Duration, Instant};

/// The first pause of a waiter that polls.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
/// The longest one: what a waiter loses at most when the lock becomes free.
const LONGEST_PAUSE: Duration = Duration::from_millis(1);

/// The growing pauses of a waiter that polls.
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST_PAUSE }
    }

    /// The next pause, cut at the deadline; `None` once that has passed.
    pub(crate) fn pause(&mut self, deadline: Option<Instant>) -> Option<Duration> {
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST_PAUSE);
        match deadline {
            None => Some(pause),
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                (!left.is_zero()).then(|| pause.min(left))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_millisecond() {
        let mut backoff = Backoff::new();
        let pauses: Vec<_> = (0..8).filter_map(|_| backoff.pause(None)).collect();
        assert_eq!(pauses[0], FIRST_PAUSE);
        assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(pauses[7], LONGEST_PAUSE);
    }

    #[test]
    fn no_pause_after_the_deadline() {
        assert_eq!(Backoff::new().pause(Some(Instant::now())), None);
    }
}
