//! The names of formats that are recognized and not decoded, so that a sound file is never called damaged or "not audio".

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::AudioCodecParameters;
use symphonia::core::codecs::audio::well_known as id;

use super::{aac, flac};

/// Number of bytes at the beginning of a file by which its format is recognized.
pub(super) const HEAD_LEN: usize = 256;

/// The name of a format by the first bytes of a file.
pub(super) fn of_file(head: &[u8]) -> Option<&'static str> {
    let at = |at: usize, mark: &[u8]| head.get(at..).is_some_and(|head| head.starts_with(mark));
    let found = SIGNATURES.iter().find(|(place, mark, _)| at(*place, mark));
    found.map(|found| found.2).or_else(|| of_ogg(head)).or_else(|| {
        // Packets of constant size, of which each begins with the same byte.
        let is_transport = head.first() == Some(&0x47) && head.get(188) == Some(&0x47);
        is_transport.then_some("an MPEG transport stream")
    })
}

/// The name of a stream of frames by its first bytes, which say less than the beginning of a file.
pub(super) fn of_frames(bytes: &[u8]) -> Option<&'static str> {
    // Eleven bits, and as many that tell the length of the frame.
    let loas = |at: usize| {
        let &[a, b, c] = bytes.get(at..)?.first_chunk::<3>()?;
        (a == 0x56 && b & 0xe0 == 0xe0).then_some(at + 3 + (usize::from(b & 0x1f) << 8 | usize::from(c)))
    };
    if loas(0).and_then(loas).and_then(loas).is_some() {
        return Some("AAC in LOAS");
    }
    flac::has_frames(bytes).then_some("FLAC without its first block (STREAMINFO)")
}

/// Place, mark and name.
const SIGNATURES: [(usize, &[u8], &str); 56] = [
    (0, b"wvpk", "WavPack"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA (ASF)"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"MP+", "Musepack"),
    (0, b"MPCK", "Musepack"),
    (0, b"TTA1", "True Audio (TTA)"),
    (0, b"TTA2", "True Audio (TTA)"),
    (0, b"tBaK", "TAK"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"ajkg", "Shorten"),
    (0, b"#!AMR", "AMR"),
    (0, b"#!SILK", "SILK"),
    (1, b"#!SILK", "SILK"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x77\x0b", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b"\xfe\x7f\x01\x80", "DTS"),
    (0, b"\x1f\xff\xe8\x00", "DTS"),
    (0, b"\xff\x1f\x00\xe8", "DTS"),
    (0, b"DTSHDHDR", "DTS"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b".RMF", "RealAudio"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"MThd", "MIDI"),
    (0, b"NIST_1A", "NIST SPHERE"),
    (0, b"Creative Voice File", "Creative VOC"),
    (0, b"FLV\x01", "FLV"),
    (0, b"EA3\x01", "ATRAC (OMA)"),
    (0, b"ea3\x03", "ATRAC (OMA)"),
    (0, b"Extended Module: ", "a tracker module"),
    (0, b"IMPM", "a tracker module"),
    (44, b"SCRM", "a tracker module"),
    (8, b"8SVX", "8SVX"),
    (8, b"16SV", "16SV"),
    (8, b"AVI ", "AVI"),
    (8, b"RMID", "MIDI"),
    (8, b"CDXA", "CD-XA"),
    (0, b"ADIF", "AAC in ADIF"),
    (0, b"2BIT", "AVR"),
    (0, b" paf", "Ensoniq PARIS"),
    (0, b"PVF1", "Portable Voice Format"),
    (0, b"\0\0\x01\xba", "an MPEG program stream"),
    (0, b"\0\0\x01\xb3", "MPEG video"),
    (0, b"\x06\x0e\x2b\x34", "MXF"),
    (0, b"\x64\xa3\x01\0", "IRCAM"),
    (0, b"\x64\xa3\x02\0", "IRCAM"),
    (0, b"\x64\xa3\x03\0", "IRCAM"),
    (0, b"\x64\xa3\x04\0", "IRCAM"),
    (0, b"\0\x01\xa3\x64", "IRCAM"),
    (0, b"\0\x02\xa3\x64", "IRCAM"),
    (4, b"\xf8\x72\x6f\xba", "TrueHD"),
    (0, b"\x72\xf8\x1f\x4e", "S/PDIF"),
    (0, b"nut/multimedia container", "NUT"),
    (0, b"MMMD", "SMAF"),
    (0, b"STRM", "AST"),
];

/// The name of an Ogg stream by the beginning of its first packet.
fn of_ogg(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let packet = head.get(27 + usize::from(*head.get(26)?)..)?;
    let marks: [(&[u8], &str); 3] = [(b"Speex   ", "Speex"), (b"CELT    ", "CELT"), (b"PCM     ", "OggPCM")];
    marks.iter().find(|(mark, _)| packet.starts_with(mark)).map(|found| found.1)
}

/// The name of a codec in a container.
pub(super) fn of_codec(parameters: &AudioCodecParameters) -> Option<&'static str> {
    let n_channels = parameters.channels.as_ref().map_or(0, Channels::count);
    let names = [
        (id::CODEC_ID_SPEEX, "Speex"),
        (id::CODEC_ID_MUSEPACK, "Musepack"),
        (id::CODEC_ID_AC3, "AC-3"),
        (id::CODEC_ID_EAC3, "E-AC-3"),
        (id::CODEC_ID_AC4, "AC-4"),
        (id::CODEC_ID_DCA, "DTS"),
        (id::CODEC_ID_ATRAC1, "ATRAC"),
        (id::CODEC_ID_ATRAC3, "ATRAC3"),
        (id::CODEC_ID_ATRAC3PLUS, "ATRAC3plus"),
        (id::CODEC_ID_WMA, "WMA"),
        (id::CODEC_ID_RA10, "RealAudio"),
        (id::CODEC_ID_RA20, "RealAudio"),
        (id::CODEC_ID_SIPR, "RealAudio"),
        (id::CODEC_ID_COOK, "RealAudio"),
        (id::CODEC_ID_RALF, "RealAudio Lossless"),
        (id::CODEC_ID_WAVPACK, "WavPack"),
        (id::CODEC_ID_MONKEYS_AUDIO, "Monkey's Audio"),
        (id::CODEC_ID_TTA, "True Audio (TTA)"),
        (id::CODEC_ID_TRUEHD, "TrueHD"),
        (id::CODEC_ID_ADPCM_G722, "G.722 ADPCM"),
        (id::CODEC_ID_ADPCM_G726, "G.726 ADPCM"),
        (id::CODEC_ID_ADPCM_G726LE, "G.726 ADPCM"),
    ];
    match parameters.codec {
        // Compared with libsndfile, symphonia 0.6.1 is wrong by up to full scale at 44.1 kHz and above.
        id::CODEC_ID_VORBIS if n_channels > 2 => Some("Vorbis with more than two channels"),
        codec => names.iter().find(|name| name.0 == codec).map(|name| name.1),
    }
    .or_else(|| aac::unsupported(parameters))
}

#[cfg(test)]
mod tests {
    use super::{of_file, of_frames};

    #[test]
    fn formats_are_named_by_their_first_bytes() {
        assert_eq!(of_file(b"wvpk\x22\x01"), Some("WavPack"));
        assert_eq!(of_file(b"RIFF\0\0\0\0AVI LIST"), Some("AVI"));
        assert_eq!(of_file(b"RIFF\0\0\0\0WAVEfmt "), None);
        let page = |packet: &[u8]| [&b"OggS\0\x02"[..], &[0; 20], &[1, packet.len() as u8], packet].concat();
        assert_eq!(of_file(&page(b"Speex   1.2")), Some("Speex"));
        assert_eq!(of_file(&page(b"\x01vorbis")), None);
        let packets = [&[0x47][..], &[0; 187], &[0x47], &[0; 67]].concat();
        assert_eq!(of_file(&packets), Some("an MPEG transport stream"));
        assert_eq!(of_file(&packets[..188]), None);
        assert_eq!(of_file(b""), None);
        assert_eq!(of_file(b"OggS"), None);
    }

    #[test]
    fn streams_of_frames_are_named_by_several_of_them() {
        let frame = [&[0x56, 0xe0, 100][..], &[0; 100]].concat();
        assert_eq!(of_frames(&frame.repeat(3)), Some("AAC in LOAS"));
        assert_eq!(of_frames(&[frame.clone(), vec![0; 300]].concat()), None);
        assert_eq!(of_frames(&[]), None);
    }
}
