use cepstrum::eval::{Run, results_table};

use super::data::Data;

/// The most skipped files that are printed; the record has all of them.
const MAX_PRINTED: usize = 10;

/// Prints the amount of data and the skipped files.
pub(super) fn print_data(data: &Data, seed: u64) {
    let summary = &data.summary;
    let [frames, coefficients] = summary.shape;
    println!(
        "{}: {} segments of {frames} x {coefficients} from {} tracks in {} classes; seed {seed}",
        summary.source,
        summary.segments,
        summary.tracks,
        summary.classes.len(),
    );
    for class in &summary.classes {
        println!("  {:<20} {:>5} tracks {:>6} segments", class.name, class.tracks, class.segments);
    }
    for skipped in data.skipped.iter().take(MAX_PRINTED) {
        println!("  skipped {}: {}", skipped.path.display(), skipped.cause);
    }
    if let Some(more) = data.skipped.len().checked_sub(MAX_PRINTED).filter(|more| *more > 0) {
        println!("  and {more} more skipped files, listed in run.json");
    }
}

/// Prints the results table, the verdicts against the logistic regression, the gap between the splits and the comparisons.
pub(super) fn print_results(run: &Run) {
    println!("\n{}\n", results_table(&run.models));
    for verdict in run.against_logistic() {
        println!("{verdict}");
    }
    for gap in run.gaps() {
        println!("{gap}");
    }
    for comparison in &run.comparisons {
        println!("{comparison}");
    }
    if let Some(baseline) = run.data.majority_baseline() {
        println!("Always predicting the most common class reaches {:.1} %.", 100.0 * baseline);
    }
}
