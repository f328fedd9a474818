//! Two sets side by side, or one behind the other.

use std::collections::HashMap;

use ndarray::{Axis, concatenate};

use crate::split::TrackNames;
use crate::{Error, FeatureSet, Result, SplitError};

impl FeatureSet {
    /// Appends the coefficients of another set, segment by segment.
    ///
    /// A segment's counterpart has the same position in the same track; names match as those of a
    /// [`TrackList`](crate::TrackList) do, so that `blues/blues.00012.wav` and `blues/blues.00012.au` are one track. What
    /// the other set has besides is left out. The result has no configuration, since its features have two sources.
    ///
    /// # Shapes
    /// `[n_segments, n_frames, a]` and `[_, n_frames, b]` become `[n_segments, n_frames, a + b]`.
    ///
    /// # Errors
    /// [`SplitError::TracksUnknown`], [`Error::FramesDiffer`], [`Error::NoCounterpart`] for a segment that the other set does
    /// not have, [`Error::TrackInTwoClasses`] for a track of another class there, [`SplitError::AmbiguousTrack`].
    ///
    /// ```
    /// use cepstrum_dataset::FeatureSet;
    /// use ndarray::Array3;
    ///
    /// let set = |n_columns, extension: &str| {
    ///     let tracks = ["jazz/a", "rock/b"].map(|name| format!("{name}.{extension}")).to_vec();
    ///     let classes = vec!["jazz".into(), "rock".into()];
    ///     FeatureSet::new(Array3::zeros((2, 1, n_columns)), vec![0, 1], classes, tracks, None)
    /// };
    /// let joined = set(57, "wav")?.joined(&set(50, "au")?)?;
    /// assert_eq!(joined.segment_shape(), [1, 107]);
    /// assert_eq!(joined.track_names(), ["jazz/a.wav", "rock/b.wav"]);
    /// # Ok::<(), cepstrum_dataset::Error>(())
    /// ```
    pub fn joined(&self, other: &Self) -> Result<Self> {
        if !self.has_tracks() || !other.has_tracks() {
            return Err(Error::Split(SplitError::TracksUnknown));
        }
        let ([frames, _], [their_frames, _]) = (self.segment_shape(), other.segment_shape());
        if frames != their_frames {
            return Err(Error::FramesDiffer { expected: frames, actual: their_frames });
        }
        let counterparts = self.counterparts(other)?;
        let theirs = other.features().select(Axis(0), &counterparts);
        let features = concatenate(Axis(2), &[self.features().view(), theirs.view()]);
        let features =
            features.map_err(|_| Error::FramesDiffer { expected: frames, actual: their_frames })?;
        let tracks = self.segment_tracks().map(str::to_owned).collect();
        Self::new(features, self.labels().to_vec(), self.classes().to_vec(), tracks, None)?
            .with_positions(self.positions().to_vec())
    }

    /// Appends the segments of another set, such as changed copies of the tracks ([`Augmented`](crate::Augmented)).
    ///
    /// Segments of tracks of the same name belong to one track.
    ///
    /// # Shapes
    /// `[a, n_frames, n_coefficients]` and `[b, n_frames, n_coefficients]` become `[a + b, n_frames, n_coefficients]`.
    ///
    /// # Errors
    /// [`Error::SetsDiffer`] unless classes, shapes and configurations are the same, [`SplitError::TracksUnknown`] when one of
    /// the sets knows its tracks and the other does not, [`Error::TrackInTwoClasses`].
    pub fn appended(&self, other: &Self) -> Result<Self> {
        let differ = |what, expected: String, actual: String| Error::SetsDiffer { what, expected, actual };
        if self.classes() != other.classes() {
            return Err(differ("classes", self.classes().join(", "), other.classes().join(", ")));
        }
        if self.segment_shape() != other.segment_shape() {
            let [expected, actual] = [self, other].map(|set| format!("{:?}", set.segment_shape()));
            return Err(differ("shapes of the segments", expected, actual));
        }
        if self.config() != other.config() {
            let [expected, actual] = [self, other].map(|set| format!("{:?}", set.config()));
            return Err(differ("configurations", expected, actual));
        }
        if self.has_tracks() != other.has_tracks() {
            return Err(Error::Split(SplitError::TracksUnknown));
        }
        let features = concatenate(Axis(0), &[self.features().view(), other.features().view()]);
        let features = features.map_err(|error| differ("shapes", error.to_string(), String::new()))?;
        let both = |part: fn(&Self) -> &[usize]| [part(self), part(other)].concat();
        let tracks = self.segment_tracks().chain(other.segment_tracks()).map(str::to_owned).collect();
        let config = self.config().cloned();
        Self::new(features, both(Self::labels), self.classes().to_vec(), tracks, config)?
            .with_positions(both(Self::positions))
    }

    /// The segment of the other set for every segment of this one.
    fn counterparts(&self, other: &Self) -> Result<Vec<usize>> {
        let names = TrackNames::new(other.track_names());
        let tracks =
            self.track_names().iter().map(|name| names.find(name)).collect::<Result<Vec<Option<usize>>>>()?;
        let places = other.track_ids().iter().copied().zip(other.positions().iter().copied());
        let at: HashMap<(usize, usize), usize> = places.zip(0..).collect();
        let counterpart = |segment: usize| {
            let (track, position) = (self.track_ids()[segment], self.positions()[segment]);
            let name = || self.track_names()[track].clone();
            let found = tracks[track].and_then(|track| at.get(&(track, position)).copied());
            let found = found.ok_or_else(|| Error::NoCounterpart { track: name(), position })?;
            let class = |set: &Self, segment: usize| set.classes()[set.labels()[segment]].clone();
            let (first, second) = (class(self, segment), class(other, found));
            if first == second {
                Ok(found)
            } else {
                Err(Error::TrackInTwoClasses { track: name(), first, second })
            }
        };
        (0..self.len()).map(counterpart).collect()
    }
}
