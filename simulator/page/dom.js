// Small pieces that every part of the page is made of. Text from the world is only
// ever set as text, never as markup.

// el makes an element: el('p', {class: 'x', onclick: f}, 'text', node, …).
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

const drawn = new WeakMap();

// keyed brings a list in line with its items, in their order. An item whose content
// did not change keeps its element, and with it focus, selection and scrolling.
export function keyed(list, items, key, draw) {
  const kept = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let at = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const content = JSON.stringify(item);
    let node = kept.get(name);
    if (!node || drawn.get(node) !== content) {
      const fresh = draw(item, node);
      fresh.dataset.key = name;
      drawn.set(fresh, content);
      if (node) {
        keepFocus(node, fresh);
        if (at === node) at = fresh;
      }
      node = fresh;
    }
    kept.delete(name);
    if (node === at) at = at.nextElementSibling;
    else list.insertBefore(node, at);
  }
  for (const gone of kept.values()) gone.remove();
}

// keepFocus puts fresh in the place of old; what had the focus, or its successor by
// data-focus, has it again, and what was unfolded stays so. Without a successor the
// list around it has the focus, so that Tab goes on from here.
function keepFocus(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement.dataset.focus ?? '' : undefined;
  const open = [...old.querySelectorAll('details[open]')].map((node) => node.dataset.focus);
  old.replaceWith(fresh);
  for (const node of fresh.querySelectorAll('details')) if (open.includes(node.dataset.focus)) node.open = true;
  if (focused === undefined) return;
  const heir = [fresh, ...fresh.querySelectorAll('[data-focus]')].find((node) => node.dataset.focus === focused);
  (heir ?? fresh.closest('[tabindex]'))?.focus({preventScroll: true});
}

// clock writes a moment as the time of day here.
export function clock(at, seconds = false) {
  return new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit', second: seconds ? '2-digit' : undefined, hour12: false}).format(new Date(at));
}

// post sends JSON to the simulator and gives what it answered; a refusal is thrown.
export async function post(path, body, method = 'POST') {
  const answer = await fetch(path, {method, headers: {'Content-Type': 'application/json'}, body: body === undefined ? undefined : JSON.stringify(body)});
  const text = await answer.text();
  const content = text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Error(content.error || `${path} answered ${answer.status}`);
  return content;
}
