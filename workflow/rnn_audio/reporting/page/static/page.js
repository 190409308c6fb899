// What the page does when it has loaded.

const decks = [...document.querySelectorAll(".deck")].map(element => new Deck(element));
const drawDecks = () => decks.forEach(deck => deck.draw());
drawDecks();

const plotter = DATA.curves.length ? new Plotter(document.querySelector(".plotter"), DATA.curves) : null;
if (!plotter) document.querySelector(".plotter").textContent = "Nothing has been trained yet.";

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  drawDecks();
  plotter?.plot();
});
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  drawDecks();
});

// A link to a configuration opens it.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", openTarget);
openTarget();

document.querySelectorAll(".show-curve").forEach(button => button.addEventListener("click", () => {
  plotter?.only(button.dataset.configuration);
  document.getElementById("curves").scrollIntoView();
}));

const find = document.querySelector(".find");
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/);
  document.querySelectorAll(".configuration").forEach(own => {
    const text = own.querySelector("summary").textContent.toLowerCase();
    own.hidden = !words.every(word => text.includes(word));
  });
});

// On paper, everything is open.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(own => { own.open = true; }));
