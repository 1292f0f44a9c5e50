//! Flags of opening and locking, as a set.

use std::ops::{BitOr, BitOrAssign};

/// A set of flags that a value stands for (`os.O_RDWR | os.O_CREAT`, `LOCK_EX | LOCK_NB`, `OpenOptions::new().write(true)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u16);

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident $word:literal = $bit:expr;)*) => {
        impl Flags {
            $($(#[$doc])* pub const $name: Self = Self(1 << $bit);)*

            /// The flag that a model calls by this word.
            #[must_use]
            pub fn of_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }

            /// All words, for error messages and the text form.
            pub const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$name),)*];
        }
    };
}

flags! {
    /// Opened for reading.
    READ "read" = 0;
    /// Opened for writing.
    WRITE "write" = 1;
    /// Emptied when opened.
    TRUNCATE "truncate" = 2;
    /// Every write goes to the end.
    APPEND "append" = 3;
    /// Created when missing.
    CREATE "create" = 4;
    /// Created, and an error when present (`O_EXCL`).
    CREATE_NEW "create-new" = 5;
    /// Exclusive lock.
    EXCLUSIVE "exclusive" = 6;
    /// Shared lock.
    SHARED "shared" = 7;
    /// Does not wait.
    TRY "try" = 8;
    /// Gives the lock up.
    UNLOCK "unlock" = 9;
    /// Does not follow a symbolic link in the last component.
    NOFOLLOW "nofollow" = 10;
    /// Names a directory: renaming it onto one that is not empty fails (rename(2), `ENOTEMPTY`).
    DIRECTORY "directory" = 11;
}

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);

    /// Whether it has all flags of `other`.
    #[must_use]
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags of what is one of two things: all that either has, but that it must create only if both must.
    #[must_use]
    pub fn either(self, other: Self) -> Self {
        let both = Self(self.0 & other.0 & Self::CREATE_NEW.0);
        Self((self.0 | other.0) & !Self::CREATE_NEW.0) | both
    }

    /// Whether it has no flag.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flags of `fopen(3)`'s mode letters; `None` for text that is no mode.
    #[must_use]
    pub fn of_mode_letters(mode: &str) -> Option<Self> {
        if mode.is_empty() || mode.len() > 4 {
            return None;
        }
        mode.chars().try_fold(Self::NONE, |f, c| {
            Some(
                f | match c {
                    'r' => Self::READ,
                    'w' => Self::WRITE | Self::TRUNCATE | Self::CREATE,
                    'a' => Self::WRITE | Self::APPEND | Self::CREATE,
                    'x' => Self::WRITE | Self::CREATE_NEW,
                    '+' => Self::READ | Self::WRITE,
                    'b' | 't' | 'U' => Self::NONE,
                    _ => return None,
                },
            )
        })
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}
