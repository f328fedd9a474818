use cepstrum::eval::{Run, results_table};

use crate::data::Data;

/// Files named on the terminal; the record has all of them.
const NAMED: usize = 10;

pub(crate) fn print_data(data: &Data, seed: u64) {
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
    for skipped in data.skipped.iter().take(NAMED) {
        println!("  skipped {}: {}", skipped.path.display(), skipped.cause);
    }
    if let Some(more) = data.skipped.len().checked_sub(NAMED).filter(|more| *more > 0) {
        println!("  and {more} more skipped files, all listed in run.json");
    }
}

pub(crate) fn print_results(run: &Run) {
    println!("\n{}\n", results_table(&run.models));
    for gap in run.gaps() {
        println!("{gap}");
    }
    for comparison in &run.comparisons {
        println!("{comparison}");
    }
    if let Some(trivial) = run.data.majority_baseline() {
        println!("Guessing the commonest class is right {:.1} % of the time.", 100.0 * trivial);
    }
}
