//! Verdicts of a model instead of features.

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use cepstrum_cluster::cepstrum_dataset::{AudioFolder, Extraction};
use cepstrum_cluster::cepstrum_models::GenreClassifier;
use cepstrum_cluster::cepstrum_models::zoo::SimpleModel;
use cepstrum_cluster::{Job, JobSettings, Work};

use crate::common::{Bench, config, rows};

#[test]
fn verdicts_are_those_of_the_classifier() {
    let bench = Bench::new(8);
    let folder = AudioFolder::scan(bench.path("music")).unwrap();
    let features = Extraction::new(config()).run(&folder).unwrap().features;
    let model = SimpleModel::Logistic.fit(&features, None).unwrap().model;
    std::fs::create_dir_all(bench.path("out")).unwrap();
    model.save(bench.path("out/model.safetensors")).unwrap();
    let work = Work::Classify { model: "model.safetensors".to_owned(), majority: false };
    bench.run(Job::new(work, JobSettings::default()).unwrap(), "out", 500_000, 2);

    let classifier = GenreClassifier::load(bench.path("out/model.safetensors")).unwrap();
    let mut found = 0;
    for batch in rows(&bench.path("out/parts")) {
        let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>().clone();
        let (paths, verdicts) = (text("path"), text("verdict"));
        let probabilities = batch.column_by_name("probabilities").unwrap().as_fixed_size_list().clone();
        for row in 0..batch.num_rows() {
            let song = classifier.classify(bench.path(paths.value(row))).unwrap();
            assert_eq!(verdicts.value(row), song.top_class());
            let values = probabilities.value(row).as_primitive::<Float32Type>().values().to_vec();
            assert_eq!(values, song.song().to_vec());
            found += 1;
        }
    }
    assert_eq!(found, 8);
}
