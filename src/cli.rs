//! Arguments and help.

use clap::{Parser, Subcommand};

use crate::command;

/// Tails log files, matches them against regex rules and posts what matters to Google Chat: at once,
/// once, and counted.
#[derive(Parser, Clone, Debug)]
#[command(name = "logbell", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `logbell` can be told to do.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Follow the logs and post to Chat, until stopped
    Run(command::run::RunArgs),
    /// Say everything that is wrong with a configuration
    Check(command::check::CheckArgs),
    /// Show how the rules, logs and messages are doing
    Status(command::status::StatusArgs),
    /// List the messages, oldest first
    History(command::history::HistoryArgs),
    /// Tell nothing of some rules or groups for a while; counts go on
    Mute(command::mute::MuteArgs),
    /// End a mute
    Unmute(command::mute::UnmuteArgs),
    /// List what is muted
    Mutes(command::mutes::MutesArgs),
    /// Have a running agent take its changed configuration
    Reload(command::reload::ReloadArgs),
    /// Show what the rules would have sent for old logs; sends nothing unless told to
    Replay(command::replay::ReplayArgs),
    /// Say why a line is told, or why not; sends nothing
    Explain(command::explain::ExplainArgs),
    /// Show what a message was made of, and what became of it
    Why(command::why::WhyArgs),
    /// Try the tests beside the rules: do they say what is expected?
    Test(command::test::TestArgs),
    /// List the ready-made rules, or print a pack of them
    Packs(command::packs::PacksArgs),
    /// Stand in for a Chat space on this host, to try rules on
    Room(command::room::RoomArgs),
    /// Show logbell at work: growing logs, a local room, and what arrives in it
    Demo(command::demo::DemoArgs),
}
