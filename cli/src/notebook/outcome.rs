use std::io;

use cepstrum::eval::{Run, results_table};

use super::arguments::Arguments;
use super::data::Data;

/// The most skipped files that are printed; the record has all of them.
const MAX_PRINTED: usize = 10;

/// Prints the amount of data and the skipped files.
pub(super) fn print_data(data: &Data, arguments: &Arguments) -> io::Result<()> {
    let seed = arguments.settings.seed;
    let summary = &data.summary;
    let [frames, coefficients] = summary.shape;
    arguments.say(format_args!(
        "{}: {} segments of {frames} x {coefficients} from {} tracks in {} classes; seed {seed}",
        summary.source,
        summary.segments,
        summary.tracks,
        summary.classes.len(),
    ))?;
    for class in &summary.classes {
        arguments.say(format_args!(
            "  {:<20} {:>5} tracks {:>6} segments",
            class.name, class.tracks, class.segments
        ))?;
    }
    for skipped in data.skipped.iter().take(MAX_PRINTED) {
        arguments.say(format_args!("  skipped {}: {}", skipped.path.display(), skipped.cause))?;
    }
    if let Some(more) = data.skipped.len().checked_sub(MAX_PRINTED).filter(|more| *more > 0) {
        arguments.say(format_args!("  and {more} more skipped files, listed in run.json"))?;
    }
    Ok(())
}

/// Prints the results table, the verdicts against the logistic regression, the gap between the splits and the comparisons.
pub(super) fn print_results(run: &Run, arguments: &Arguments) -> io::Result<()> {
    arguments.say(format_args!("\n{}\n", results_table(&run.models)))?;
    for verdict in run.against_logistic() {
        arguments.say(format_args!("{verdict}"))?;
    }
    for gap in run.gaps() {
        arguments.say(format_args!("{gap}"))?;
    }
    for comparison in &run.comparisons {
        arguments.say(format_args!("{comparison}"))?;
    }
    if let Some(baseline) = run.data.majority_baseline() {
        arguments.say(format_args!(
            "Always predicting the most common class reaches {:.1} %.",
            100.0 * baseline
        ))?;
    }
    Ok(())
}
