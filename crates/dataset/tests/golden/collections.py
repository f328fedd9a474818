"""Decodes every audio file below the folders by this crate, ffmpeg and libsndfile: `python collections.py DIR...`

A line for each file that is not right tells what the three made of it. The last line is JSON:
{"files", "right", "wrong", "refused_by_name", "refused", "damaged", "unjudged"}

- right: a reference agrees in length, rate and samples (mean over the channels);
- wrong: nothing was said, and no reference that decodes the file agrees;
- refused_by_name: the error names the format, which is not supported;
- refused: any other error before the first sample;
- damaged: the samples before the damage came out, with an error;
- unjudged: nothing was said, and neither reference decodes the file.

Ours is the example `decode_info`: the program that CEPSTRUM_DECODE_INFO names, or else built by cargo. Exits with 1 if a
file is wrong. Needs `pip install numpy soundfile imageio-ffmpeg`.
"""
import sys

# Or this file would be imported in place of the module of the standard library that has its name.
sys.path.pop(0)

import json
import os
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


def by_ffmpeg(path):
    """Rate and mean over the channels, or None. The first audio stream, at its own rate."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-i", path, "-map", "0:a:0"]
    command += ["-c:a", "pcm_f32le", "-f", "wav", "-"]
    try:
        wav = subprocess.run(command, capture_output=True, timeout=300).stdout
    except subprocess.TimeoutExpired:
        return None
    form, data = wav.find(b"fmt "), wav.find(b"data")
    if form < 0 or data < 0:
        return None
    channels, rate = struct.unpack("<HI", wav[form + 10 : form + 16])
    samples = np.frombuffer(wav[data + 8 : data + 8 + (len(wav) - data - 8) // 4 * 4], "<f4")
    samples = samples[: len(samples) // channels * channels].reshape(-1, channels)
    return (rate, samples.mean(1)) if len(samples) else None


def by_libsndfile(path):
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except Exception:  # soundfile has several kinds of errors, and all mean that it does not decode the file
        return None
    return (rate, samples.mean(1)) if len(samples) else None


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
            counts[found] += 1
            if found != "right":
                print(line(found, result, samples, references), flush=True)
    keys = ["right", "wrong", "refused_by_name", "refused", "damaged", "unjudged"]
    # A crash is worse than a wrong number.
    counts["wrong"] += counts["crash"]
    print(json.dumps({"files": len(files)} | {key: counts[key] for key in keys}))
    sys.exit(counts["wrong"] > 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
