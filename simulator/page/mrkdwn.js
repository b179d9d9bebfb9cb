// Slack's mrkdwn, drawn as Slack draws it.
import {el} from './dom.js';

const emoji = {
  rotating_light: '🚨', white_check_mark: '✅', warning: '⚠️', x: '❌', eyes: '👀', fire: '🔥', bell: '🔔', hourglass: '⌛',
  arrow_left: '⬅️', rewind: '⏪', large_green_circle: '🟢', red_circle: '🔴', large_yellow_circle: '🟡', hammer: '🔨', page_facing_up: '📄',
};

function unescape(text) {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function withEmoji(text) {
  return unescape(text).replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji[name] ?? whole);
}

const inline = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*([^*\n]+)\*(?![\w*])|(?<![\w_])_([^_\n]+)_(?![\w_])|(?<![\w~])~([^~\n]+)~(?![\w~])/;

// spans draws one run of text; names resolves people, channels and groups.
function spans(text, names) {
  const nodes = [];
  for (let rest = text; rest;) {
    const found = inline.exec(rest);
    if (!found) return [...nodes, withEmoji(rest)];
    if (found.index > 0) nodes.push(withEmoji(rest.slice(0, found.index)));
    const [, fence, code, entity, bold, italic, strike] = found;
    if (fence !== undefined) nodes.push(el('pre', {}, unescape(fence.replace(/^\n/, ''))));
    else if (code !== undefined) nodes.push(el('code', {}, unescape(code)));
    else if (entity !== undefined) nodes.push(entityNode(entity, names));
    else if (bold !== undefined) nodes.push(el('strong', {}, spans(bold, names)));
    else if (italic !== undefined) nodes.push(el('em', {}, spans(italic, names)));
    else nodes.push(el('s', {}, spans(strike, names)));
    rest = rest.slice(found.index + found[0].length);
  }
  return nodes;
}

function entityNode(entity, names) {
  const [target, label] = entity.split(/\|(.*)/s);
  if (target.startsWith('@')) return el('span', {class: 'mention'}, '@' + names.person(target.slice(1)));
  if (target.startsWith('#')) return el('span', {class: 'mention'}, '#' + names.channel(target.slice(1)));
  if (target.startsWith('!date^')) return dateNode(target, label);
  if (target.startsWith('!subteam^')) return el('span', {class: 'mention'}, label ?? '@' + target.slice(9));
  if (target.startsWith('!')) return el('span', {class: 'mention loud'}, '@' + target.slice(1));
  const address = unescape(target);
  if (!/^(https?|mailto):/.test(address)) return unescape('<' + entity + '>');
  return el('a', {href: address, target: '_blank', rel: 'noreferrer noopener'}, unescape(label ?? target));
}

function dateNode(target, fallback) {
  const [, seconds, format] = target.split('^');
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return unescape(fallback ?? '');
  const day = (month, year = 'numeric') => new Intl.DateTimeFormat('en', {day: 'numeric', month, year}).format(at);
  const time = (second) => new Intl.DateTimeFormat('en', {hour: '2-digit', minute: '2-digit', second, hour12: false}).format(at);
  const days = Math.round((new Date(new Date().toDateString()) - new Date(at.toDateString())) / 864e5);
  const pretty = (else_) => ({'-1': 'tomorrow', 0: 'today', 1: 'yesterday'})[days] ?? else_;
  const text = format.replace(/\{(\w+)\}/g, (whole, token) => ({
    date_num: at.toISOString().slice(0, 10), date: day('long'), date_short: day('short'), date_long: day('long'),
    date_pretty: pretty(day('long')), date_short_pretty: pretty(day('short')), date_long_pretty: pretty(day('long')),
    time: time(undefined), time_secs: time('2-digit'),
  })[token] ?? whole);
  return el('time', {datetime: at.toISOString(), title: unescape(fallback ?? '')}, text);
}

// mrkdwn draws a text: quotes and lines, with what is inside them.
export function mrkdwn(text, names) {
  const nodes = [];
  const fenced = text.split(/(```[\s\S]+?```)/);
  for (const part of fenced) {
    if (part.startsWith('```')) {
      nodes.push(...spans(part, names));
      continue;
    }
    for (const line of part.split('\n')) {
      const quote = /^&gt; ?(.*)$/.exec(line);
      const bullet = /^[•-] (.*)$/.exec(line);
      if (quote) nodes.push(el('blockquote', {}, spans(quote[1], names)));
      else if (bullet) nodes.push(el('div', {class: 'bullet'}, spans(bullet[1], names)));
      else nodes.push(el('div', {class: 'line'}, line ? spans(line, names) : el('br')));
    }
  }
  return nodes;
}

// textObject draws a text object of Block Kit.
export function textObject(object, names) {
  if (!object) return [];
  if (object.type === 'mrkdwn') return mrkdwn(object.text, names);
  return object.emoji === false ? [object.text] : [object.text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji[name] ?? whole)];
}
