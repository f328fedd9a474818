//! The reference experiment's JSON, read in one pass into flat arrays.

use std::fmt;
use std::io::{self, Read, Write};

use ndarray::{Array3, Axis};
use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Error, ExtractConfig, FeatureSet, Result, StoreError};

pub(super) fn write(set: &FeatureSet, mut writer: impl Write) -> Result<()> {
    writer.write_all(b"{\"mapping\": ")?;
    write_value(&mut writer, set.classes())?;
    writer.write_all(b", \"mfcc\": [")?;
    for (i, segment) in set.features().axis_iter(Axis(0)).enumerate() {
        writer.write_all(if i == 0 { b"[" } else { b", [" })?;
        for (j, frame) in segment.axis_iter(Axis(0)).enumerate() {
            if j > 0 {
                writer.write_all(b", ")?;
            }
            write_value(&mut writer, &frame.to_vec())?;
        }
        writer.write_all(b"]")?;
    }
    writer.write_all(b"], \"labels\": ")?;
    write_value(&mut writer, set.labels())?;
    if set.has_tracks() {
        let tracks: Vec<&str> = set.segment_tracks().collect();
        writer.write_all(b", \"tracks\": ")?;
        write_value(&mut writer, &tracks)?;
        writer.write_all(b", \"positions\": ")?;
        write_value(&mut writer, set.positions())?;
    }
    if let Some(config) = set.config() {
        writer.write_all(b", \"config\": ")?;
        write_value(&mut writer, config)?;
    }
    writer.write_all(b"}")?;
    Ok(())
}

/// Serializes a value; a failure of the writer stays an I/O error.
fn write_value(writer: &mut impl Write, value: &(impl Serialize + ?Sized)) -> Result<()> {
    Ok(serde_json::to_writer(writer, value).map_err(io::Error::from)?)
}

pub(super) fn read(reader: impl Read) -> Result<FeatureSet> {
    let mut store = Store::default();
    let mut json = serde_json::Deserializer::from_reader(reader);
    let parsed = json.deserialize_map(TopLevel(&mut store)).and_then(|()| json.end());
    if let Some(ragged) = store.features.ragged {
        return Err(ragged);
    }
    let at = store.features.broken;
    parsed.map_err(|error| parse_error(error, at))?;
    let classes = store.mapping.ok_or(Error::Store(StoreError::MissingKey { key: "mapping" }))?;
    let labels = store.labels.ok_or(Error::Store(StoreError::MissingKey { key: "labels" }))?;
    if !store.has_features {
        return Err(Error::Store(StoreError::MissingKey { key: "mfcc" }));
    }
    let Flat { values, n_segments, n_frames, n_coefficients, .. } = store.features;
    let shape = (n_segments, n_frames.unwrap_or(0), n_coefficients.unwrap_or(0));
    let n_values = values.len();
    let features = Array3::from_shape_vec(shape, values).map_err(|_| Error::LengthMismatch {
        what: "mfcc",
        expected: n_segments,
        actual: n_values,
    })?;
    let set = FeatureSet::new(features, labels, classes, store.tracks.unwrap_or_default(), store.config)?;
    match store.positions {
        Some(positions) => set.with_positions(positions),
        None => Ok(set),
    }
}

/// Separates a failure of the reader from a failure of the parser.
fn parse_error(error: serde_json::Error, at: Option<(usize, usize)>) -> Error {
    if error.is_io() {
        io::Error::from(error).into()
    } else {
        Error::Store(StoreError::Json { at, cause: error.into() })
    }
}

#[derive(Default)]
struct Store {
    mapping: Option<Vec<String>>,
    labels: Option<Vec<usize>>,
    tracks: Option<Vec<String>>,
    positions: Option<Vec<usize>>,
    config: Option<ExtractConfig>,
    has_features: bool,
    features: Flat,
}

/// The nested arrays as one flat array: row-major, with the sizes that every row must have.
#[derive(Default)]
struct Flat {
    values: Vec<f32>,
    n_segments: usize,
    n_frames: Option<usize>,
    n_coefficients: Option<usize>,
    /// The typed error of a ragged row, since an error of serde carries only a message.
    ragged: Option<Error>,
    /// Segment and frame in which a value could not be read.
    broken: Option<(usize, usize)>,
}

struct TopLevel<'a>(&'a mut Store);

impl<'de> Visitor<'de> for TopLevel<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with \"mapping\", \"mfcc\" and \"labels\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let store = self.0;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "mapping" => store.mapping = Some(map.next_value()?),
                "labels" => store.labels = Some(map.next_value()?),
                "tracks" => store.tracks = Some(map.next_value()?),
                "positions" => store.positions = Some(map.next_value()?),
                "config" => store.config = map.next_value()?,
                "mfcc" => {
                    store.has_features = true;
                    store.features = Flat::default();
                    map.next_value_seed(Segments(&mut store.features))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Segments<'a>(&'a mut Flat);
struct Frames<'a>(&'a mut Flat);
struct Coefficients<'a>(&'a mut Flat, usize);

impl<'de> DeserializeSeed<'de> for Segments<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Segments<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of segments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Frames(self.0))?.is_some() {
            self.0.n_segments += 1;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Frames<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Frames<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of frames")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut n_frames = 0;
        while seq.next_element_seed(Coefficients(self.0, n_frames))?.is_some() {
            n_frames += 1;
        }
        let expected = *self.0.n_frames.get_or_insert(n_frames);
        if n_frames == expected {
            return Ok(());
        }
        let segment = self.0.n_segments;
        self.0.ragged = Some(Error::Store(StoreError::Ragged {
            segment,
            frame: None,
            unit: "frames",
            expected,
            actual: n_frames,
        }));
        Err(serde::de::Error::custom("ragged"))
    }
}

impl<'de> DeserializeSeed<'de> for Coefficients<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Coefficients<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self(flat, frame) = self;
        let before = flat.values.len();
        while let Some(value) =
            seq.next_element::<f32>().inspect_err(|_| flat.broken = Some((flat.n_segments, frame)))?
        {
            flat.values.push(value);
        }
        let actual = flat.values.len() - before;
        let expected = *flat.n_coefficients.get_or_insert(actual);
        if actual == expected {
            return Ok(());
        }
        let (segment, frame) = (flat.n_segments, Some(frame));
        flat.ragged =
            Some(Error::Store(StoreError::Ragged { segment, frame, unit: "coefficients", expected, actual }));
        Err(serde::de::Error::custom("ragged"))
    }
}
