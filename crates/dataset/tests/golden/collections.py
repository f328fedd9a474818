"""Decodes every audio file below the folders by this crate, ffmpeg and libsndfile: `python collections.py DIR...`

A line for each file that is not right tells what the three made of it. The last line is JSON:
{"files", "right", "wrong", "refused_by_name", "refused", "damaged", "unjudged", "ffmpeg", "libsndfile"}

- right: a reference agrees in length, rate and samples (mean over the channels);
- wrong: nothing was said, and no reference that decodes the file agrees;
- refused_by_name: the error names the format, which is not supported;
- refused: any other error before the first sample;
- damaged: the samples before the damage came out, with an error;
- unjudged: nothing was said, and neither reference decodes the file;
- ffmpeg, libsndfile: the files from which each of them has samples, whole or not.

Ours is the example `decode_info`: the program that CEPSTRUM_DECODE_INFO names, or else built by cargo. Exits with 1 if a
file is wrong. Needs `pip install numpy soundfile imageio-ffmpeg`.
"""
import sys

# Or this file would be imported in place of the module of the standard library that has its name.
sys.path.pop(0)

import json
import os
import re
import struct
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

ROOT = Path(__file__).parents[4]
EXTENSIONS = set(
    "3g2 3gp 8svx aa3 aac ac3 adts aif aifc aiff alac amr ape asf au avr caf dff dsf dts eac3 ec3 f4a flac gsm "
    "htk iff ircam m4a m4b m4p m4r m4v mj2 mk3d mka mkv mov mp1 mp2 mp3 mp4 mpa mpc mpga nist oga ogg ogm ogv ogx ofr "
    "opus paf pvf ra raw rf64 rm sd2 sds sf shn snd spx tak tta voc w64 wav wave wavex webm wma wv wve xi".split()
)
# Lossy decoders round differently, and resynthesis noise (ADPCM, intensity stereo) stays below this.
TOLERANCE = 2e-3
BATCH = 50


def ours(files, out):
    """One result per file; a crash or a hang ends a batch and is put down to the file after the last line."""
    program = os.environ.get("CEPSTRUM_DECODE_INFO")
    if program is None:
        build = ["cargo", "build", "--quiet", "--release", "-p", "cepstrum-dataset", "--example", "decode_info"]
        subprocess.run(build, cwd=ROOT, check=True)
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        program = str(target / "release" / "examples" / "decode_info")
    at = 0
    while at < len(files):
        batch = files[at : at + BATCH]
        try:
            run = subprocess.run([program, out, *batch], capture_output=True, text=True, timeout=60 * len(batch))
            lines, problem = run.stdout, run.stderr.strip()[-200:]
        except subprocess.TimeoutExpired as hang:
            lines, problem = (hang.stdout or b"").decode(), "hangs"
        results = [json.loads(line) for line in lines.splitlines() if line.endswith("}")]
        for number, result in enumerate(results):
            yield result, np.fromfile(Path(out) / f"{number}.f32", "<f4")
        at += len(results)
        if len(results) < len(batch):
            yield {"path": files[at], "samples": 0, "kind": "crash", "error": problem}, np.zeros(0, "f4")
            at += 1


def by_ffmpeg(path, *options, output=("-c:a", "pcm_f32le")):
    """Rate and mean over the channels, or None. The first audio stream, at its own rate."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *options, "-i", path, "-map", "0:a:0"]
    try:
        wav = subprocess.run([*command, *output, "-f", "wav", "-"], capture_output=True, timeout=300).stdout
    except subprocess.TimeoutExpired:
        return None
    form, data = wav.find(b"fmt "), wav.find(b"data")
    if form < 0 or data < 0:
        return None
    channels, rate = struct.unpack("<HI", wav[form + 10 : form + 16])
    words = wav[data + 8 : data + 8 + (len(wav) - data - 8) // 4 * 4]
    samples = np.frombuffer(words, "<f4" if "pcm_f32le" in output else "<i4")
    samples = samples if samples.dtype == "f4" else (samples / 2**31).astype("f4")
    samples = samples[: len(samples) // channels * channels].reshape(-1, channels)
    return (rate, samples.mean(1)) if len(samples) else None


def by_libsndfile(path):
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except Exception:  # soundfile has several kinds of errors, and all mean that it does not decode the file
        return None
    return (rate, samples.mean(1)) if len(samples) else None


def by_ffmpeg_otherwise(path):
    """What ffmpeg makes of files that its command line alone gets wrong, with the reason."""
    # Where the number of channels changes, it mixes down; to integers, with the mean that we take.
    yield "ffmpeg, integers", by_ffmpeg(path, output=("-c:a", "pcm_s32le"))
    # It takes the padding that iTunSMPB tells off twice, where the table of packets has it as well.
    banner = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", path], capture_output=True).stderr
    tag = re.search(rb"iTunSMPB *: *[0-9A-F]+ ([0-9A-F]+) [0-9A-F]+ ([0-9A-F]+)", banner)
    if tag:
        delay, length = (int(number, 16) for number in tag.groups())
        whole = by_ffmpeg(path, "-flags2", "+skip_manual")
        yield "ffmpeg, by iTunSMPB", whole and (whole[0], whole[1][delay : delay + length])
    # Its own decoder of Opus is 0.005 off libopus, and it leaves the padding in MP4.
    if b"Audio: opus" in banner:
        yield "ffmpeg, libopus", by_ffmpeg(path, "-c:a", "libopus")
        with tempfile.NamedTemporaryFile(suffix=".opus") as ogg:
            copy = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", "-i", path, "-map", "0:a:0"]
            subprocess.run([*copy, "-c", "copy", "-f", "ogg", ogg.name], capture_output=True)
            yield "libsndfile, in Ogg", by_libsndfile(ogg.name)
    # Its reader of MPEG audio drops the first frames of some files, and those behind bytes that are no frame.
    if re.search(rb"Audio: mp[123]", banner):
        frames = mpeg_frames(Path(path).read_bytes())
        if frames:
            with tempfile.NamedTemporaryFile(suffix=".wav") as file:
                file.write(mpeg_in_wav(frames))
                file.flush()
                yield "ffmpeg, all frames", by_ffmpeg(file.name)
    # It does not begin anew at the links of a chained Ogg stream.
    links = ogg_links(path)
    if len(links) > 1:
        yield "ffmpeg, link by link", by_links(links)


def mpeg_frames(data):
    """The frames of the first one's kind that are followed by another, or by the end."""
    frames, at, kind = [], 0, None
    while (at := data.find(b"\xff", at)) >= 0:
        if kind in (None, mpeg_kind(data, at)) and begin_mpeg(data, at, 1 if frames else 3):
            kind = mpeg_kind(data, at)
            frames.append(data[at : at + mpeg_frame_length(data[at : at + 4])])
            at += len(frames[-1])
        else:
            at += 1
    return frames


def mpeg_kind(data, at):
    """Version, layer and sample rate of a frame, as bits."""
    return data[at + 1 : at + 2] and (data[at + 1] & 0xFE, data[at + 2 : at + 3] and data[at + 2] & 0x0C)


def begin_mpeg(data, at, followers):
    """Whether a frame begins here, with others of its kind behind it unless the end is there."""
    length = mpeg_frame_length(data[at : at + 4])
    end = at + length
    if length == 0 or end >= len(data) or followers == 0:
        return length > 0 and end <= len(data)
    return mpeg_kind(data, at) == mpeg_kind(data, end) and begin_mpeg(data, end, followers - 1)


def mpeg_frame_length(head):
    """The bytes of a frame by its header; 0 where it is none."""
    word = int.from_bytes(head, "big") if len(head) == 4 else 0
    version, layer, rate_index, rate = (word >> shift & mask for shift, mask in ((19, 3), (17, 3), (12, 15), (10, 3)))
    if word >> 21 != 0x7FF or version == 1 or layer == 0 or rate_index in (0, 15) or rate == 3:
        return 0
    is_first = version == 3
    kbps = {
        (True, 3): [32 * k for k in range(1, 15)],
        (True, 2): [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        (True, 1): [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (False, 3): [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    }.get((is_first, layer), [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160])[rate_index - 1]
    hertz = [44_100, 48_000, 32_000][rate] >> {3: 0, 2: 1, 0: 2}[version]
    padding = word >> 9 & 1
    if layer == 3:
        return 4 * (12_000 * kbps // hertz + padding)
    return (72_000 if layer == 1 and not is_first else 144_000) * kbps // hertz + padding


def mpeg_in_wav(frames):
    data = b"".join(frames)
    tag = 0x55 if frames[0][1] >> 1 & 3 == 1 else 0x50
    channels = 1 if frames[0][3] >> 6 == 3 else 2
    form = struct.pack("<HHIIHHH", tag, channels, 44_100, 16_000, 1, 0, 0)
    head = b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<I", len(form)) + form
    return head + b"data" + struct.pack("<I", len(data)) + data


def ogg_links(path):
    """The physical streams of a chained Ogg file, each as bytes."""
    data = Path(path).read_bytes()
    if not data.startswith(b"OggS"):
        return []
    starts, at, after_head = [0], 0, False
    while data[at : at + 4] == b"OggS" and at + 27 <= len(data):
        is_first = data[at + 5] & 2 != 0
        if is_first and after_head:
            starts.append(at)
        after_head = not is_first
        table = data[at + 27 : at + 27 + data[at + 26]]
        at += 27 + len(table) + sum(table)
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)])]


def by_links(links):
    rate, parts = None, []
    for link in links:
        with tempfile.NamedTemporaryFile(suffix=".ogg") as file:
            file.write(link)
            file.flush()
            to_first = () if rate is None else ("-af", f"aresample={rate}:resampler=soxr:precision=20")
            part = by_ffmpeg(file.name, output=("-c:a", "pcm_f32le", *to_first))
        if part is None:
            return None
        rate = part[0]
        parts.append(part[1])
    return rate, np.concatenate(parts)


def difference(ours, reference):
    n = min(len(ours), len(reference))
    return float(np.max(np.abs(ours[:n] - reference[:n]))) if n else float("inf")


def agrees(result, samples, reference):
    rate, expected = reference
    same = result.get("sample_rate") == rate and len(samples) == len(expected)
    # A full-scale difference is nothing beside samples of float files beyond full scale.
    peak = max(1.0, float(np.max(np.abs(expected), initial=0)))
    return same and difference(samples, expected) <= TOLERANCE * peak


def verdict(result, samples, references):
    decoded = [reference for reference in references.values() if reference is not None]
    kind = result.get("kind")
    if kind in ("damaged", "crash"):
        return kind
    if kind == "unsupported":
        return "refused_by_name"
    if kind is not None:
        return "refused"
    if not decoded:
        return "unjudged"
    return "right" if any(agrees(result, samples, reference) for reference in decoded) else "wrong"


def line(found, result, samples, references):
    parts = [f"{found}: {result['path']}", f"ours {len(samples)} at {result.get('sample_rate')} Hz"]
    if "error" in result:
        parts[-1] += f", {result['error']}"
    for name, reference in references.items():
        if reference is None:
            parts.append(f"{name} refuses")
        else:
            rate, expected = reference
            away = f", {difference(samples, expected):.2g} away" if len(samples) else ""
            parts.append(f"{name} {len(expected)} at {rate} Hz{away}")
    return "; ".join(parts)


def main(folders):
    files = sorted(
        str(path)
        for folder in folders
        for path in Path(folder).rglob("*")
        if path.is_file() and path.suffix[1:].lower() in EXTENSIONS
    )
    if not files:
        sys.exit(f"no audio file below {', '.join(folders)}")
    counts = Counter()
    with tempfile.TemporaryDirectory() as out:
        for result, samples in ours(files, out):
            references = {"ffmpeg": by_ffmpeg(result["path"]), "libsndfile": by_libsndfile(result["path"])}
            found = verdict(result, samples, references)
            if found == "wrong":
                references |= dict(by_ffmpeg_otherwise(result["path"]))
                found = verdict(result, samples, references)
            counts[found] += 1
            counts.update(name for name in ("ffmpeg", "libsndfile") if references[name] is not None)
            if found != "right":
                print(line(found, result, samples, references), flush=True)
    keys = ["right", "wrong", "refused_by_name", "refused", "damaged", "unjudged", "ffmpeg", "libsndfile"]
    # A crash is worse than a wrong number.
    counts["wrong"] += counts["crash"]
    print(json.dumps({"files": len(files)} | {key: counts[key] for key in keys}))
    sys.exit(counts["wrong"] > 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
