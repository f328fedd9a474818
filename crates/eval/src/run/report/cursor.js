// While a sound plays, the cursors of its group follow it, and no other sound plays. Without this script all else works.
for (const audio of document.querySelectorAll("audio")) {
  const group = audio.closest(".listen");
  const scenes = group ? [...group.querySelectorAll(".scene")] : [];
  const follow = () => {
    const now = Number(audio.dataset.start) + audio.currentTime;
    for (const scene of scenes) {
      const { left, right, start, seconds } = scene.dataset;
      const share = (now - Number(start)) / Number(seconds);
      const cursor = scene.querySelector(".cursor");
      cursor.hidden = !(share >= 0 && share <= 1);
      cursor.style.left = 100 * (Number(left) + (Number(right) - Number(left)) * share) + "%";
    }
    if (!audio.paused && !audio.ended) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
    follow();
  });
  audio.addEventListener("seeked", follow);
}
