"""Time of a training step by network and batch size, and its share of the machine's measured matrix-product peak.

  python benches/step_times.py [--plot step-times.png]      # builds our side; the plot needs matplotlib

Times are milliseconds of processor time over all cores, so that the table also holds on a machine that does other things.
The share is (operations of the step by the definition of the layers) / (peak x time). Winograd's convolutions take fewer
multiplications than the definition, so the share may exceed that of any direct convolution.
"""

import argparse
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "peers"))

from ours import Ours, build

NETWORKS = ["32-32-32-32", "37-37-37-37", "48-48-48-48", "64-128-256-256", "128-64-64-32", "256-128-64-32"]
BATCHES = [8, 16, 32, 64, 128, 256]


def flops(filters, batch):
    """Operations of the convolutions and dense layers, forward and backward; the first layer's input has no gradient."""
    height, width, channels, total = 130, 13, 1, 0
    for at, (count, kernel) in enumerate(zip(filters, (3, 3, 2, 1))):
        height, width = height - kernel + 1, width - kernel + 1
        forward = 2 * height * width * kernel * kernel * channels * count
        total += forward * (2 if at == 0 else 3)
        height, width, channels = -(-height // 2), -(-width // 2), count
    total += 3 * 2 * (height * width * channels * 64 + 64 * 10)
    return total * batch


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", help="program of our side; built if not given")
    parser.add_argument("--plot", help="file for a plot of the table")
    arguments = parser.parse_args()
    ours = Ours(arguments.ours or build("cepstrum-models", "training_times", "--features", "measure"))

    def ask(request):
        return statistics.median(cpu for _, cpu in ours.ask(request))

    peak = 2 * 1024**3 / (1e6 * ask("gemm 1024 9"))  # GFLOP per second of processor time
    print(f"peak {peak:.0f} GFLOP/s per core\n")
    print("| filters | " + " | ".join(f"batch {batch}" for batch in BATCHES) + " | share of the peak, batch 32 |")
    print("|---" * (len(BATCHES) + 2) + "|")
    table = {}
    for name in NETWORKS:
        times = [ask(f"step cnn:{name} {batch} {max(3, 96 // batch)}") for batch in BATCHES]
        filters = [int(count) for count in name.split("-")]
        share = flops(filters, 32) / (1e6 * peak * times[BATCHES.index(32)])
        cells = " | ".join(f"{time:.1f}" for time in times)
        print(f"| {name} | {cells} | {100 * share:.0f} % |", flush=True)
        table[name] = times
    if arguments.plot:
        draw(table, arguments.plot)


def draw(table, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for name, times in table.items():
        axes.plot(BATCHES, [time / batch for time, batch in zip(times, BATCHES)], marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="batch", ylabel="processor time per segment, ms")
    axes.set_xticks(BATCHES, [str(batch) for batch in BATCHES])
    ticks = [0.2, 0.3, 0.5, 1, 2, 3, 5]
    axes.set_yticks(ticks, [str(tick) for tick in ticks])
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    axes.legend(title="filters", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
