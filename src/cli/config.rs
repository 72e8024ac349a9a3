//! Settings from a file and the environment, behind what is typed.
//!
//! In: the words typed; the file that `--config` or `KPRSTAT_CONFIG` names, a flat TOML of options
//! without their dashes. Out: [`Typed`], in which a flag goes before the environment, that before
//! the file, and that before the default. Every option that the environment can set can be set in
//! the file, and no other key may stand there. No file is looked for that is not named: a run must
//! not depend on the folder it is started in.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use super::args::Args;
use crate::domain::{Error, Result};

/// What was typed, with what the environment and the file add.
pub struct Typed {
    pub args: Args,
    pub settings: Vec<Setting>,
}

/// A setting of a run, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub value: Option<String>,
    pub from: String,
}

/// Why there is nothing to do.
pub enum Refused {
    /// Help was asked for, or what was typed cannot be understood.
    Typed(clap::Error),
    File(Error),
}

/// Values by key, and the file they stand in.
#[derive(Default)]
struct File {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

/// Reads what was typed.
pub fn parse(words: &[OsString]) -> std::result::Result<Typed, Refused> {
    let command = with_settings(Args::command());
    let file = match named(words) {
        Some(path) => File::read(&path, &keys(&command)).map_err(Refused::File)?,
        None => File::default(),
    };
    let command = file.behind(command);
    let matches = command.clone().try_get_matches_from(words).map_err(|error| file.refuse(error))?;
    let args = Args::from_arg_matches(&matches).map_err(Refused::Typed)?;
    let settings = matches.subcommand().map(|(name, typed)| settings(&command, name, typed, &file));
    Ok(Typed { args, settings: settings.unwrap_or_default() })
}

/// The file that is named by a flag, else by the environment.
fn named(words: &[OsString]) -> Option<PathBuf> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(path.into());
        }
    }
    std::env::var_os("KPRSTAT_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The key of an option that can be set: it can be set by the environment, and is not the file.
fn key(arg: &Arg) -> Option<&str> {
    arg.get_long().filter(|long| arg.get_env().is_some() && *long != "config")
}

/// Lets `check --explain` take the settings of a run, to say what would become of them.
fn with_settings(command: Command) -> Command {
    let run = command.find_subcommand("run").cloned().unwrap_or_default();
    let of_run = run.get_arguments().filter(|arg| key(arg).is_some()).cloned();
    let hidden: Vec<Arg> = of_run.map(|arg| arg.required(false).hide(true)).collect();
    command.mut_subcommand("check", |check| check.args(hidden))
}

/// All keys, in order.
fn keys(command: &Command) -> Vec<String> {
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let mut keys: Vec<String> = commands.flat_map(Command::get_arguments).filter_map(key).map(String::from).collect();
    keys.sort();
    keys.dedup();
    keys
}

impl File {
    fn read(path: &Path, known: &[String]) -> Result<File> {
        let place = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage(format!("{place}: the configuration cannot be read ({error}); check --config"))
        })?;
        let table: toml::Table = toml::from_str(&text).map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::usage(format!("{place}:{line}: {}; expected lines as key = \"value\"", error.message()))
        })?;
        let values = table.into_iter().map(|(key, value)| {
            if !known.contains(&key) {
                return Err(Error::usage(format!("{place}: unknown key `{key}`; known are {}", known.join(", "))));
            }
            match value {
                toml::Value::String(text) => Ok((key, text)),
                toml::Value::Integer(number) => Ok((key, number.to_string())),
                toml::Value::Datetime(day) => Ok((key, day.to_string())),
                _ => Err(Error::usage(format!("{place}: {key}: expected a text or a whole number"))),
            }
        });
        Ok(File { path: path.to_path_buf(), values: values.collect::<Result<_>>()? })
    }

    /// Puts the values behind the flags and the environment.
    fn behind(&self, command: Command) -> Command {
        let set = |command: Command| command.mut_args(|arg| self.behind_arg(arg));
        let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_string()).collect();
        names.into_iter().fold(set(command), |command, name| command.mut_subcommand(name, set))
    }

    fn behind_arg(&self, arg: Arg) -> Arg {
        match key(&arg).and_then(|key| self.values.get(key)) {
            // Clap keeps defaults as long as the program runs.
            Some(value) => arg.required(false).default_value(&*Box::leak(value.clone().into_boxed_str())),
            None => arg,
        }
    }

    /// Says of a value that is refused that it stands in the file, where it does.
    fn refuse(&self, error: clap::Error) -> Refused {
        let value = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        let (option, refused) = (value(ContextKind::InvalidArg), value(ContextKind::InvalidValue));
        let stands = |(key, value): (&String, &String)| {
            let is_option = option.as_ref().is_some_and(|option| option.split(' ').next() == Some(&format!("--{key}")));
            is_option && Some(value) == refused.as_ref()
        };
        if !self.values.iter().any(stands) {
            return Refused::Typed(error);
        }
        let rendered = error.to_string();
        let first = rendered.lines().next().unwrap_or_default().trim_start_matches("error: ");
        Refused::File(Error::usage(format!("{}: {first}", self.path.display())))
    }
}

/// The settings of a command, in order of their keys.
fn settings(command: &Command, name: &str, typed: &ArgMatches, file: &File) -> Vec<Setting> {
    let own = command.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
    let mut settings: Vec<Setting> = command
        .get_arguments()
        .chain(own)
        .filter_map(|arg| {
            let key = key(arg)?;
            let id = arg.get_id().as_str();
            let value =
                typed.get_raw(id).map(|values| values.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" "));
            let from = match typed.value_source(id) {
                Some(ValueSource::CommandLine) => format!("flag --{key}"),
                Some(ValueSource::EnvVariable) => {
                    format!("environment {}", arg.get_env().unwrap_or_default().to_string_lossy())
                }
                Some(_) if file.values.contains_key(key) => format!("file {}", file.path.display()),
                Some(_) => "default".to_string(),
                None => "not set".to_string(),
            };
            Some(Setting { key: key.to_string(), value, from })
        })
        .collect();
    settings.sort_by(|one, other| one.key.cmp(&other.key));
    settings.dedup();
    settings
}

/// The settings in columns.
pub fn in_words(settings: &[Setting]) -> String {
    let shown = |setting: &Setting| setting.value.clone().unwrap_or("-".into());
    let wide = |of: &dyn Fn(&Setting) -> usize| settings.iter().map(of).max().unwrap_or(0);
    let (keys, values) = (wide(&|one| one.key.len()), wide(&|one| shown(one).chars().count()));
    let line = |one: &Setting| format!("  {:<keys$}  {:<values$}  {}\n", one.key, shown(one), one.from);
    "Settings of a run, and where they come from:\n".to_string() + &settings.iter().map(line).collect::<String>()
}
