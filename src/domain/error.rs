//! Failures, each with the exit code that an operator's timer sees.
//!
//! An error says the place, what was expected and what to do; it never carries a value from a
//! person's row.

use std::fmt;

/// Exit codes of the program, fixed by the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    Done = 0,
    Usage = 2,
    Definition = 10,
    Input = 11,
    Geography = 12,
    Protection = 13,
    Books = 14,
    Output = 15,
    Gate = 16,
    Locked = 17,
    Bug = 70,
}

/// A failure of the program: its class, and a message of a place, an expectation and a remedy.
#[derive(Debug, Clone)]
pub struct Error {
    pub code: ExitCode,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(code: ExitCode, message: impl Into<String>) -> Self {
        Error { code, message: message.into() }
    }
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Usage, message)
    }
    pub fn definition(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Definition, message)
    }
    pub fn input(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Input, message)
    }
    pub fn geography(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Geography, message)
    }
    pub fn protection(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Protection, message)
    }
    pub fn books(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Books, message)
    }
    pub fn output(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Output, message)
    }
    pub fn gate(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Gate, message)
    }
    pub fn locked(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Locked, message)
    }
    pub fn bug(message: impl Into<String>) -> Self {
        Error::new(ExitCode::Bug, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
