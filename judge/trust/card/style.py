"""The style sheet of a card's page: light and dark, wide and narrow, on screen and on paper."""

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d2433; --soft: #626b7d; --line: #dfdcd3; --box: #ffffff;
  --ok: #1b7f4d; --warn: #9a6700; --bad: #b3261e; --none: #7b8392; --accent: #2f4b8f; --zone: #1b7f4d1f;
  --judge: #2f4b8f; --people: #d08a3c; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171e; --ink: #e7e9ee; --soft: #9aa3b5; --line: #2c323f;
  --box: #1b1f29; --ok: #56c98c; --warn: #e0ad45; --bad: #f2827a; --none: #8b93a3; --accent: #9db4f5;
  --zone: #56c98c26; --judge: #9db4f5; --people: #e0a565; } }
* { box-sizing: border-box; }
body { background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; margin: 0; }
main { max-width: 68rem; margin: 0 auto; padding: 2.6rem 1.25rem 4rem; }
p, dd, td, .why { overflow-wrap: anywhere; }
.kicker { color: var(--soft); font-size: .8rem; letter-spacing: .14em; text-transform: uppercase; margin: 0; }
h1 { font: 600 2.5rem/1.15 ui-serif, Georgia, serif; margin: .15rem 0 .9rem; overflow-wrap: anywhere; }
h2 { font: 600 1.5rem/1.25 ui-serif, Georgia, serif; margin: 0; overflow-wrap: anywhere; }
.badge { display: inline-flex; align-items: center; gap: .5em; border: 1.5px solid currentColor; border-radius: 99px;
  padding: .22em .85em; font-size: .9rem; font-weight: 600; }
.badge.agrees { color: var(--ok); } .badge.part, .badge.reliability { color: var(--warn); }
.badge.apart { color: var(--bad); } .badge.unmeasured { color: var(--none); }
.badge::before { content: ""; width: .6em; height: .6em; border-radius: 50%; background: currentColor; }
.lead { color: var(--soft); margin: .8rem 0 0; max-width: 46rem; }
.about { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); margin: 1.6rem 0;
  border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.about { background: var(--box); }
.about div { padding: .65rem .9rem; box-shadow: 0 0 0 .5px var(--line); }
.about .wide { grid-column: span 2; }
dt { color: var(--soft); font-size: .76rem; } dd { margin: 0; font-size: .95rem; }
.warning { border-left: 4px solid var(--warn); background: var(--box); padding: .6rem .9rem; margin: .6rem 0; }
.scroll { overflow-x: auto; margin: 1.2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .42rem .7rem .42rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
.matrix td, .matrix th { text-align: center; padding: .5rem .3rem; vertical-align: middle; }
.matrix th { font-size: .74rem; line-height: 1.25; font-weight: 500; vertical-align: bottom; min-width: 4.6rem; }
.matrix th b { display: block; color: var(--ink); font-size: .95rem; }
.matrix tbody th, .matrix .name { text-align: left; color: var(--ink); font-size: .92rem; font-weight: 600;
  overflow-wrap: anywhere; min-width: 9rem; }
.matrix .name small { display: block; color: var(--soft); font-weight: 400; }
.mark { display: inline-grid; place-items: center; width: 1.7em; height: 1.7em; border-radius: 50%; font-weight: 700;
  font-size: .88rem; border: 1.5px solid currentColor; }
.ok { color: var(--ok); } .warn { color: var(--warn); } .bad { color: var(--bad); } .none { color: var(--none); }
.told { color: var(--soft); }
.mark.ok { background: var(--ok); border-color: var(--ok); color: var(--box); }
.mark.bad { background: var(--bad); border-color: var(--bad); color: var(--box); }
.mark.none { border-style: dotted; }
.legend { color: var(--soft); font-size: .84rem; display: flex; flex-wrap: wrap; gap: .3rem 1.3rem; padding: 0;
  margin: .4rem 0 0; list-style: none; } .legend .mark { font-size: .7rem; margin-right: .4em; }
.criterion { background: var(--box); border: 1px solid var(--line); border-radius: 14px; padding: 1.5rem 1.6rem .6rem;
  margin: 2.2rem 0 0; }
.criterion header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center;
  justify-content: space-between; margin-bottom: .9rem; }
.scale { color: var(--soft); font-size: .86rem; margin: .1rem 0 0; }
.row { border-top: 1px solid var(--line); padding: .85rem 0; }
.top { display: grid; grid-template-columns: 1.9rem minmax(11rem, 1.15fr) minmax(9rem, 1fr) minmax(9.5rem, .95fr)
  8.4rem; gap: .2rem 1rem; align-items: center; }
.no { font: 600 1.35rem/1 ui-serif, Georgia, serif; color: var(--accent); align-self: start; padding-top: .15rem; }
.what b { display: block; font-weight: 600; } .what small { color: var(--soft); line-height: 1.35; display: block; }
.value b { font-size: 1.12rem; font-variant-numeric: tabular-nums; } .value small { color: var(--soft); display: block;
  font-variant-numeric: tabular-nums; line-height: 1.4; }
.pill { justify-self: end; display: inline-flex; gap: .45em; align-items: center; font-weight: 600; font-size: .88rem;
  white-space: nowrap; }
.why { color: var(--soft); font-size: .86rem; margin: .35rem 0 0 2.9rem; max-width: 50rem; }
details { margin: .4rem 0 0 2.9rem; font-size: .88rem; } summary { color: var(--accent); cursor: pointer;
  font-size: .84rem; } summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
.bare { list-style: none; margin: 0; padding: .7rem 0 .9rem; border-top: 1px solid var(--line); color: var(--soft);
  font-size: .87rem; }
.bare li { display: grid; grid-template-columns: 1.9rem minmax(11rem, 15rem) 1fr; gap: .2rem 1rem; padding: .16rem 0; }
.bare b { font: 600 1rem/1.5 ui-serif, Georgia, serif; color: var(--none); }
.track { width: 100%; max-width: 17rem; height: auto; display: block; }
.axis { stroke: var(--line); stroke-width: 2; } .zero { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 2; }
.good { fill: var(--zone); } .span { stroke: currentColor; stroke-width: 3.5; stroke-linecap: round; opacity: .55; }
.dot { fill: currentColor; } .track text { fill: var(--soft); font-size: 9.5px; text-anchor: middle; }
.track text:last-of-type { text-anchor: end; } .track text:first-of-type { text-anchor: start; }
svg .told { color: var(--accent); }
.bars { height: 6.2rem; width: auto; max-width: 100%; display: block; margin: .5rem 0 .1rem; }
.bars .judge { fill: var(--judge); } .bars .people { fill: var(--people); }
.bars text { fill: var(--soft); font-size: 11px; text-anchor: middle; }
.key { color: var(--soft); font-size: .8rem; margin: 0 0 .4rem; } .key b { font-weight: 600; }
.key .judge { color: var(--judge); } .key .people { color: var(--people); }
footer { color: var(--soft); font-size: .86rem; margin-top: 2.4rem; } footer p { margin: .3rem 0; }
@media (max-width: 52rem) { .bare li { grid-template-columns: 1.9rem 1fr; } .bare li span + span { grid-column: 2; }
  h1 { font-size: 1.9rem; } .criterion { padding: 1.1rem 1rem .4rem; }
  .about .wide { grid-column: auto; }
  .top { grid-template-columns: 1.9rem 1fr; } .top .value, .top .plot, .top .pill {
  grid-column: 2; justify-self: start; }
  .top .plot { width: 100%; } .why, details { margin-left: 0; } details table { min-width: 38rem; } }
@media print { body { background: none; } main { padding: 0; max-width: none; } .criterion { break-inside: avoid-page;
  border-radius: 0; } .row { break-inside: avoid; } }
"""
