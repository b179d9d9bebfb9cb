// Block Kit, drawn as Slack draws it.
import {el} from './dom.js';
import {textObject} from './mrkdwn.js';

// blocks draws the blocks of a message. press is called with an element that was
// pressed and confirmed, and the button.
export function blocks(list, names, press) {
  return list.map((block) => (draw[block.type] ?? unknown)(block, names, press));
}

const draw = {
  header: (block, names) => el('h4', {class: 'b-header'}, textObject(block.text, names)),
  divider: () => el('hr'),
  section: (block, names, press) => el('div', {class: 'b-section'},
    el('div', {class: 'b-text'}, textObject(block.text, names),
      block.fields && el('div', {class: 'b-fields'}, block.fields.map((field) => el('div', {}, textObject(field, names))))),
    block.accessory && element(block, block.accessory, names, press)),
  context: (block, names) => el('div', {class: 'b-context'},
    block.elements.map((part) => el('div', {}, part.type === 'image' ? el('img', {src: part.image_url, alt: part.alt_text}) : textObject(part, names)))),
  actions: (block, names, press) => el('div', {class: 'b-actions'}, block.elements.map((part) => element(block, part, names, press))),
  input: (block, names) => input(block, names),
};

function unknown(block) {
  return el('p', {class: 'warn'}, `A block of type ${block.type}, which this page does not draw.`);
}

function element(block, part, names, press) {
  if (part.type !== 'button') return el('span', {class: 'warn'}, part.type);
  const style = part.style ? ` ${part.style}` : '';
  const label = textObject(part.text, names);
  if (part.url) return el('a', {class: `button${style}`, href: part.url, target: '_blank', rel: 'noreferrer noopener'}, label);
  const button = el('button', {type: 'button', class: `button${style}`, 'data-action': part.action_id, 'data-focus': part.action_id}, label);
  button.addEventListener('click', async () => {
    const meant = !part.confirm || await confirmed(part.confirm, names);
    // Drawn anew while the question was open: the focus has nowhere to go back to.
    if (!button.isConnected) document.getElementById('messages').focus({preventScroll: true});
    if (meant) press(part, button);
  });
  return button;
}

// confirmed shows Slack's confirm dialog and says what was chosen.
function confirmed(confirm, names) {
  const dialog = document.getElementById('confirm');
  document.getElementById('confirm-title').replaceChildren(...textObject(confirm.title, names));
  document.getElementById('confirm-text').replaceChildren(...textObject(confirm.text, names));
  document.getElementById('confirm-deny').replaceChildren(...textObject(confirm.deny ?? {text: 'Cancel'}, names));
  const ok = document.getElementById('confirm-ok');
  ok.replaceChildren(...textObject(confirm.confirm ?? {text: 'Yes'}, names));
  ok.className = confirm.style === 'danger' ? 'danger' : 'primary';
  dialog.returnValue = 'deny';
  dialog.showModal();
  return new Promise((resolve) => {
    // The close of an earlier question may come when this one is open already.
    dialog.onclose = () => dialog.open || resolve(dialog.returnValue === 'confirm');
  });
}

// input draws one input of a modal; its control has data-block and data-action.
function input(block, names) {
  const part = block.element;
  const name = `${block.block_id}/${part.action_id}`;
  const mark = {'data-block': block.block_id, 'data-action': part.action_id, name};
  let control;
  if (part.type === 'static_select') {
    const options = (list) => list.map((option) => el('option', {
      value: option.value, selected: option.value === part.initial_option?.value,
    }, textObject(option.text, names)));
    control = el('select', {...mark, id: name}, part.placeholder && el('option', {value: ''}, textObject(part.placeholder, names)),
      part.option_groups ? part.option_groups.map((group) => el('optgroup', {label: group.label.text}, options(group.options))) : options(part.options));
  } else if (part.type === 'radio_buttons') {
    return el('fieldset', {class: 'b-input'}, el('legend', {}, textObject(block.label, names)), part.options.map((option) => el('label', {class: 'option'},
      el('input', {type: 'radio', ...mark, value: option.value, checked: option.value === part.initial_option?.value}),
      el('span', {}, textObject(option.text, names), option.description && el('small', {}, textObject(option.description, names))))), fault(block));
  } else {
    control = el(part.multiline ? 'textarea' : 'input', {...mark, id: name, placeholder: part.placeholder?.text, maxlength: part.max_length});
    control.value = part.initial_value ?? '';
  }
  return el('div', {class: 'b-input'}, el('label', {for: name}, textObject(block.label, names), block.optional && el('small', {}, ' (optional)')), control,
    block.hint && el('small', {}, textObject(block.hint, names)), fault(block));
}

function fault(block) {
  return el('p', {class: 'warn', 'data-fault': block.block_id, role: 'alert'});
}

// values reads the inputs of a modal by block ID and action ID.
export function values(form) {
  const read = {};
  for (const control of form.querySelectorAll('[data-block]')) {
    if (control.type === 'radio' && !control.checked) continue;
    (read[control.dataset.block] ??= {})[control.dataset.action] = control.value;
  }
  return read;
}
