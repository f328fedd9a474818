"""Uses the page of `cepstrum serve` in headless Chromium as a person does.

`python page.py CEPSTRUM DIR [--axe AXE.js] [--shots DIR]`: DIR holds a model, `genre.safetensors`, a store of its tracks,
`set.safetensors`, and the folder `music` of a synthetic set. A song is dropped, played and explained, another picked by the
keyboard, one recorded; broken files are refused; the page fits three widths in both themes. With `--axe` axe-core looks at every
state. Needs `pip install playwright` and a Chromium (`CHROMIUM`, or the first of the usual names on the PATH).
"""

import argparse
import base64
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

WIDTHS = {360: 740, 800: 1000, 1280: 900}
"""The width of a phone, of a tablet and of a desk, with a height for each."""

DROP = """([base64, name]) => {
    const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0)), transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        document.getElementById("drop").dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
}"""


def chromium_path():
    """The browser: CHROMIUM, or the first of the usual names on the PATH."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = next((path for name in names if name and (path := shutil.which(name))), None)
    return found or sys.exit("no Chromium: set CHROMIUM")


class Visit:
    """A page in one width and theme, and what it complained of."""

    def __init__(self, browser, address, width, theme, axe, shots):
        self.width, self.theme, self.axe, self.shots = width, theme, axe, shots
        self.complaints = []
        context = browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]}, color_scheme=theme, permissions=["microphone"]
        )
        self.page = context.new_page()
        self.page.on("console", lambda it: it.type in ("error", "warning") and self.complaints.append(it.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda it: self.outside(it.url, address))
        self.page.goto(address)
        expect(self.page.locator("#status")).to_contain_text("The model knows")

    def outside(self, url, address):
        if not url.startswith((address, "data:", "blob:" + address)):
            self.complaints.append("asks elsewhere: " + url[:100])

    def drop(self, path, name=None):
        self.page.evaluate(DROP, [base64.b64encode(Path(path).read_bytes()).decode(), name or Path(path).name])

    def verdict(self):
        """Waits for the verdict, which has the focus, so that a screen reader begins there."""
        expect(self.page.locator("#verdict")).to_be_focused(timeout=60_000)
        return self.page.locator("#verdict").inner_text()

    def wait(self, condition, seconds=30):
        """Waits for a condition of the page; Playwright's own way needs `eval`, which the page forbids."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, f"never: {condition}"
            time.sleep(0.05)

    def look(self, state):
        """Looks for what does not fit, what axe objects to and what the console says, and takes a picture."""
        room = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert room <= 0, f"{state} at {self.width}: {room} pixels too wide"
        if self.shots:
            self.page.screenshot(path=f"{self.shots}/{state}-{self.width}-{self.theme}.png", full_page=True)
        if self.axe:
            self.page.evaluate(self.axe)
            found = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
            told = [f"{it['id']}: {it['help']}: {[node['html'][:120] for node in it['nodes']]}" for it in found]
            assert not told, f"{state} at {self.width}, {self.theme}: {told}"
        assert not self.complaints, self.complaints


def song(visit, music):
    """A song is dropped, played and explained."""
    page = visit.page
    visit.drop(music / "dub" / "dub.00000.wav")
    told = visit.verdict()
    assert told.startswith("dub.00000.wav: ") and told.endswith(" %"), told
    expect(page.locator("#shares tr")).to_have_count(10)
    expect(page.locator("#tracks li").first).to_contain_text("dub/dub.00000.wav")
    page.locator("summary").click()
    expect(page.locator("#segments tr")).to_have_count(2)
    visit.look("verdict")

    # The cursor follows the song.
    visit.wait("shown.peaks !== null")
    before = page.locator("#canvas").evaluate("it => it.toDataURL()")
    page.evaluate("void document.getElementById('player').play()")
    visit.wait("document.getElementById('player').currentTime > 0.4")
    page.evaluate("document.getElementById('player').pause()")
    assert page.evaluate("shown.at") > 0.3
    assert page.locator("#canvas").evaluate("it => it.toDataURL()") != before, "the cursor stands still"

    # Its slider is moved by the keyboard and says where it is.
    slider = page.locator("#wave")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "3")
    assert "0:03 of 0:06" in slider.get_attribute("aria-valuetext"), slider.get_attribute("aria-valuetext")

    page.locator("#explain-here").click()
    expect(page.locator("#explained")).to_be_focused(timeout=60_000)
    expect(page.locator("#explained")).to_contain_text("from 0:03 to 0:06")
    sounds = page.locator("#sounds li")
    expect(sounds).to_have_count(5)
    expect(sounds.nth(2)).to_contain_text("what spoke for")
    assert page.locator("#light").evaluate("it => it.decode().then(() => it.naturalWidth)") > 300
    sounds.nth(2).locator("audio").evaluate("it => void it.play()")
    visit.wait("document.querySelectorAll('#sounds audio')[2].currentTime > 0.3")
    expect(page.locator("#scene-cursor")).to_be_visible()
    assert 3.2 < page.evaluate("shown.at") < 6.1, "the song's cursor is where the sound is"
    sounds.nth(2).locator("audio").evaluate("it => it.pause()")
    visit.look("explained")


def keyboard(visit, music):
    """Everything is reached with Tab, and a song is picked without a pointer."""
    page, reached = visit.page, []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached[:2] == ["file", "record"], reached
    page.locator("#file").set_input_files(music / "waltz" / "waltz.00000.wav")
    assert visit.verdict().startswith("waltz.00000.wav: ")


def refused(visit, music, scratch):
    """Bad uploads are named and the page goes on."""
    page, error = visit.page, visit.page.locator("#error")
    whole = (music / "dub" / "dub.00001.wav").read_bytes()
    for name, content, words in [
        ("empty.mp3", b"", "empty"),
        ("words.mp3", b"no song at all, just words", "not audio"),
        ("short.wav", whole[:60_000], "needs"),
        ("huge.wav", whole + bytes(3_000_000), "larger than 2 MB"),
    ]:
        (scratch / name).write_bytes(content)
        visit.drop(scratch / name)
        expect(error).to_contain_text(name)
        assert words in error.inner_text(), error.inner_text()
        expect(page.locator("#result")).to_be_hidden()
    visit.complaints = [it for it in visit.complaints if "Failed to load resource" not in it]
    visit.look("refused")
    visit.drop(music / "dub" / "dub.00001.wav", "<b>dub</b>.wav")
    assert visit.verdict().startswith("<b>dub</b>.wav"), "a name is text"
    expect(error).to_be_empty()


def microphone(visit):
    """What Chromium's made microphone hears is recorded, sent and classified."""
    page = visit.page
    page.locator("#record").click()
    expect(page.locator("#record")).to_contain_text("Stop recording (0:04)", timeout=15_000)
    page.locator("#record").click()
    assert visit.verdict().startswith("recording."), visit.verdict()
    visit.look("recorded")


def serve(cepstrum, folder):
    command = [cepstrum, "serve", "genre.safetensors", "--port", "0", "--max-upload", "2", "--tracks", "set.safetensors"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    return server, server.stdout.readline().strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cepstrum", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--shots", type=Path)
    arguments = parser.parse_args()
    axe = arguments.axe.read_text() if arguments.axe else None
    if arguments.shots:
        arguments.shots.mkdir(exist_ok=True)
    music = arguments.folder / "music"
    server, address = serve(arguments.cepstrum.resolve(), arguments.folder)
    try:
        with sync_playwright() as playwright:
            flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
            flags += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
            for width in WIDTHS:
                for theme in ("light", "dark"):
                    visit = Visit(browser, address, width, theme, axe, arguments.shots)
                    visit.look("begin")
                    song(visit, music)
                    print(f"{width} pixels, {theme}: dropped, played, explained", flush=True)
            keyboard(Visit(browser, address, 1280, "light", axe, arguments.shots), music)
            print("keyboard: picked", flush=True)
            refused(Visit(browser, address, 800, "light", axe, arguments.shots), music, arguments.folder)
            print("bad uploads: refused by name", flush=True)
            microphone(Visit(browser, address, 360, "dark", axe, arguments.shots))
            print("microphone: recorded", flush=True)
            browser.close()
    finally:
        server.kill()
    print("axe-core: no objection" if axe else "axe-core was not at hand")


if __name__ == "__main__":
    main()
