//! The end of a command by Ctrl-C.

use crate::INTERRUPTED;

/// Ends the program with the exit code of an interruption. Every command writes its results row by row or in one rename,
/// so that what is on the disk is whole.
pub(crate) fn install() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        eprintln!("\ninterrupted");
        std::process::exit(INTERRUPTED.into());
    })
}
