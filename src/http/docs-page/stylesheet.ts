/** The style of the documentation pages: system fonts, light or dark as the reader's system is set. */
export const STYLESHEET = `
:root {
  --ink: #1c2127; --soft: #59626d; --paper: #ffffff; --panel: #f5f6f8; --line: #dde1e6; --accent: #0a6154;
  --get: #0b5cad; --post: #14713a; --patch: #8a5300; --delete: #b3261e; --code: #f5f6f8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e8ec; --soft: #9ba6b2; --paper: #12161b; --panel: #191f26; --line: #2d353f; --accent: #5cc9b6;
    --get: #79b8ff; --post: #6fd394; --patch: #eab464; --delete: #ff9a92; --code: #0c1014;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; color: var(--ink); background: var(--paper); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  display: grid; grid-template-columns: 17rem minmax(0, 1fr);
}
a { color: var(--accent); text-underline-offset: 0.15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.5rem 1rem; z-index: 1; }
nav a { color: inherit; text-decoration: none; display: block; padding: 0.2rem 0; }
nav a:hover { color: var(--accent); text-decoration: underline; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav > ul > li { margin-bottom: 0.9rem; font-weight: 600; }
nav ul ul { font-weight: 400; font-size: 0.9rem; color: var(--soft); }
nav.wide {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem 1.25rem; background: var(--panel);
  border-right: 1px solid var(--line);
}
nav code { background: none; padding: 0; font-size: 0.95em; overflow-wrap: anywhere; }
.narrow { display: none; }
main { padding: 2rem clamp(1rem, 4vw, 3.5rem) 6rem; max-width: 60rem; width: 100%; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.5rem; margin: 3.5rem 0 0.75rem; }
h3 { font-size: 1.15rem; margin: 0 0 0.4rem; }
h3 a, .errors dt a { color: inherit; text-decoration: none; }
h3 a:hover, .errors dt a:hover { text-decoration: underline; }
h4 { font-size: 0.8rem; letter-spacing: 0.06em; text-transform: uppercase; color: var(--soft); margin: 1.6rem 0 0.5rem; }
p { margin: 0 0 0.75rem; }
main > p, section > p, .errors dd p, .operation > p { max-width: 44rem; }
.version { font-size: 0.9rem; font-weight: 400; color: var(--soft); vertical-align: middle; }
.operation { border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.5rem 1.5rem; margin: 1.25rem 0; }
.operation:target { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.route { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.35rem 0.6rem; }
.route > code { background: none; padding: 0; font-size: 0.95rem; overflow-wrap: anywhere; }
.method { font: 700 0.8rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.get { color: var(--get); } .post { color: var(--post); } .put, .patch { color: var(--patch); } .delete { color: var(--delete); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { font-size: 0.88em; background: var(--panel); border-radius: 4px; padding: 0.1em 0.3em; overflow-wrap: anywhere; }
pre {
  background: var(--code); border: 1px solid var(--line); border-radius: 8px; padding: 0.8rem 1rem; margin: 0 0 0.75rem;
  overflow: auto; max-height: 26rem; font-size: 0.85rem; line-height: 1.5;
}
pre code { background: none; padding: 0; font-size: 1em; overflow-wrap: normal; }
.members { margin: 0; border-top: 1px solid var(--line); }
.members dt { padding-top: 0.5rem; }
.members dd { margin: 0; padding-bottom: 0.5rem; border-bottom: 1px solid var(--line); }
.members dd p { margin: 0.1rem 0 0; }
.members .members { margin: 0.5rem 0 0 0; border-top: 0; border-left: 2px solid var(--line); padding-left: 0.9rem; }
.members .members dd:last-child { border-bottom: 0; padding-bottom: 0; }
.name { background: none; padding: 0; font-weight: 600; font-size: 0.92rem; }
.type, .limits, .or { color: var(--soft); font-size: 0.87rem; }
.or { margin: 0.5rem 0; }
.optional, .key {
  color: var(--soft); font: 400 0.78rem/1.4 system-ui, sans-serif; letter-spacing: 0; text-transform: none;
  border: 1px solid var(--line); border-radius: 999px; padding: 0.05rem 0.5rem;
}
.media { margin-bottom: 1rem; }
.members + pre { margin-top: 0.75rem; }
.content-type { margin-bottom: 0.4rem; }
.answer { margin: 0 0 0.5rem; }
summary { cursor: pointer; }
.answer summary { margin-bottom: 0.5rem; }
.media summary { color: var(--soft); font-size: 0.9rem; }
.status { font: 700 0.85rem ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.s2 { color: var(--post); } .s4 { color: var(--patch); } .s5 { color: var(--delete); }
.problem { display: flex; gap: 0.5rem; align-items: baseline; }
.codes { display: flex; flex-wrap: wrap; gap: 0.25rem 0.5rem; }
.codes code { background: none; padding: 0; }
.aside { font-size: 0.87rem; }
.errors dt { margin-top: 1.1rem; }
.errors dt code { font-weight: 600; background: none; padding: 0; font-size: 0.95rem; }
.errors dt:target { background: var(--panel); box-shadow: -0.6rem 0 0 var(--panel), -0.8rem 0 0 var(--accent); }
.errors dd { margin: 0; }
@media (max-width: 56rem) {
  body { display: block; }
  nav.wide { display: none; }
  .narrow { display: block; background: var(--panel); border-bottom: 1px solid var(--line); padding: 0.75rem 1rem; }
  .narrow summary { cursor: pointer; font-weight: 600; }
  .narrow nav { padding-top: 0.75rem; }
  main { padding-top: 1.25rem; }
  h1 { font-size: 1.6rem; }
  .operation { padding: 1rem; border-radius: 8px; }
}
@media print {
  body { display: block; } nav, .narrow { display: none !important; } pre { max-height: none; white-space: pre-wrap; }
}
`;
