// Jira: the board, and one ticket in full.
import {clock, el, keyed} from './dom.js';

let open;
let drawn; // the ticket that the dialog shows, as JSON: drawn anew only when it has changed

export function drawJira(jira) {
  keyed(document.getElementById('board'), jira.statuses.map((status) => ({status, issues: jira.issues.filter((issue) => issue.status === status)})),
    (column) => column.status, drawColumn);
  const shown = jira.issues.find((issue) => issue.key === open);
  if (shown && document.getElementById('ticket').open) drawTicket(shown);
}

function drawColumn(column) {
  return el('div', {class: 'column'}, el('h3', {}, column.status, ' ', el('span', {class: 'quiet'}, String(column.issues.length))),
    column.issues.map((issue) => el('button', {
      type: 'button', class: 'ticket', 'data-ticket': issue.key, 'data-focus': issue.key, onclick: () => {
        open = issue.key;
        drawTicket(issue);
        document.getElementById('ticket').showModal();
      },
    }, el('strong', {}, issue.key), el('span', {}, issue.summary))));
}

function drawTicket(issue) {
  if (drawn === JSON.stringify(issue)) return;
  drawn = JSON.stringify(issue);
  document.getElementById('ticket-title').textContent = `${issue.key} · ${issue.status}`;
  document.getElementById('ticket-body').replaceChildren(
    el('p', {}, el('strong', {}, issue.summary)),
    el('p', {class: 'ticket-tags'}, (issue.labels ?? []).map((label) => el('span', {class: 'tag'}, label))),
    issue.links.length ? el('ul', {class: 'rows'}, issue.links.map((link) => el('li', {}, anchor(link.object.url, link.object.title)))) : '',
    el('div', {class: 'wiki'}, wiki(issue.description ?? '')),
    el('h3', {}, 'Comments'),
    ...issue.comments.map((comment) => el('div', {class: 'comment'}, el('div', {class: 'quiet'}, `${comment.author.displayName} · ${clock(comment.created, true)}`), wiki(comment.body))));
}

function anchor(address, text) {
  if (!/^https?:/.test(address)) return text;
  return el('a', {href: address, target: '_blank', rel: 'noreferrer noopener'}, text);
}

// wiki draws the little of Jira's markup that tickets have: headings, lists, tables
// by their bars, bold, links, and escaped or numbered characters.
function wiki(text) {
  return text.split('\n').map((line) => {
    const heading = /^h[1-6]\. (.*)$/.exec(line);
    if (heading) return el('h3', {}, inline(heading[1]));
    const item = /^[*#-]+ (.*)$/.exec(line);
    if (item) return el('div', {class: 'bullet'}, inline(item[1]));
    if (line.startsWith('|')) return el('div', {class: 'bars'}, line.split(/\|+/).filter(Boolean).map((cell) => el('span', {}, inline(cell.trim()))));
    return el('div', {class: 'line'}, line ? inline(line) : el('br'));
  });
}

function inline(text) {
  const nodes = [];
  const pattern = /\\([^\sA-Za-z0-9])|&#(\d{1,6});|\[([^\]|\n]+)\|([^\]\n]+)\]|(?<!\w)\*([^*\n]+)\*(?!\w)|\{\{([^}]+)\}\}/g;
  let from = 0;
  for (const found of text.matchAll(pattern)) {
    nodes.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    const [, escaped, character, label, address, bold, code] = found;
    if (escaped) nodes.push(escaped);
    else if (character) nodes.push(String.fromCodePoint(Number(character)));
    else if (label) nodes.push(anchor(address, label.replace(/\\(.)/g, '$1')));
    else if (bold) nodes.push(el('strong', {}, bold.replace(/\\(.)/g, '$1')));
    else nodes.push(el('code', {}, code));
  }
  return [...nodes, text.slice(from)];
}
