// Fields whose references are chips. The field that the form sends stays, hidden, and holds the text with references.

const REFERENCE = /\\\{\{|\{\{\s*[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9_]+)+\s*\}\}/g;
const GAP = "\u200b"; // between and beside chips, so that the cursor has a place
const outputs = () => [...document.querySelectorAll("[data-output]")];

let last; // the field that had the focus last: what is clicked goes there

// ---------------------------------------------------------------- text with references, and chips

function chipFor(reference) {
  const plain = reference.replace(/\s/g, "");
  const chip = document.createElement("span");
  chip.className = "ref";
  chip.contentEditable = "false";
  chip.dataset.reference = plain;
  const number = document.createElement("b");
  const found = outputs().find((each) => each.dataset.output === plain) ?? insideOf(plain);
  number.textContent = found?.dataset.number ?? "?";
  if (!found) chip.classList.add("ref--unknown");
  chip.append(number, found ? labelOf(found, plain) : plain.slice(2, -2));
  return chip;
}

// Inside an object whose fields aren't known: the object, and the rest of the path.
function insideOf(reference) {
  const path = reference.slice(2, -2).split(".");
  for (let end = path.length - 1; end > 1; end -= 1) {
    const around = `{{${path.slice(0, end).join(".")}}}`;
    const found = outputs().find((each) => each.dataset.output === around);
    if (found) return found;
  }
  return undefined;
}

function labelOf(output, reference) {
  const rest = reference.slice(2, -2).slice(output.dataset.output.length - 4).replaceAll(".", " ");
  return `${output.dataset.label}${rest}`;
}

function nodesOf(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(REFERENCE)) {
    if (found[0].startsWith("\\")) continue;
    nodes.push(document.createTextNode(text.slice(end, found.index) || GAP), chipFor(found[0]));
    end = found.index + found[0].length;
  }
  const rest = text.slice(end);
  if (rest || nodes.length) nodes.push(document.createTextNode(rest || GAP));
  return nodes;
}

function textOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data.replaceAll(GAP, "").replaceAll("\u00a0", " ");
  if (node.dataset?.reference) return node.dataset.reference;
  if (node.nodeName === "BR") return "\n";
  const inner = [...node.childNodes].map(textOf).join("");
  return node.nodeName === "DIV" && node.previousSibling ? `\n${inner}` : inner;
}

// ---------------------------------------------------------------- one field

class ChipField {
  constructor(control) {
    this.control = control;
    this.isMultiline = control.nodeName === "TEXTAREA";
    this.box = document.createElement("div");
    this.box.className = `chipfield${control.classList.contains("textarea--code") ? " chipfield--code" : ""}`;
    this.editor = this.makeEditor();
    this.box.append(this.editor);
    if (outputs().length) this.box.append(this.makePick());
    control.before(this.box);
    control.hidden = true;
    control.removeAttribute("data-chips");
    this.draw();
    this.listen();
    if (control.autofocus) this.focusAtEnd();
  }

  get label() {
    return document.getElementById(`l-${this.control.name}`);
  }

  makeEditor() {
    const editor = document.createElement("div");
    editor.className = "chipfield__text";
    editor.contentEditable = "true";
    editor.setAttribute("role", "textbox");
    editor.setAttribute("aria-labelledby", `l-${this.control.name}`);
    editor.setAttribute("aria-multiline", String(this.isMultiline && !this.control.classList.contains("textarea--list")));
    for (const name of ["aria-describedby", "aria-required", "aria-invalid", "spellcheck", "autocapitalize", "inputmode"]) {
      if (this.control.hasAttribute(name)) editor.setAttribute(name, this.control.getAttribute(name));
    }
    editor.dataset.placeholder = this.control.placeholder ?? "";
    return editor;
  }

  makePick() {
    const pick = document.createElement("button");
    pick.type = "button";
    pick.className = "chipfield__pick";
    pick.setAttribute("aria-label", `Put an output into ${this.label.firstChild.data.trim()}`);
    pick.append(document.getElementById("pick-icon").content.cloneNode(true));
    pick.addEventListener("click", () => this.pick());
    return pick;
  }

  listen() {
    const { editor } = this;
    editor.addEventListener("input", () => {
      if (!textOf(editor)) editor.replaceChildren();
      this.control.value = textOf(editor);
      this.control.setAttribute("data-typed", "");
    });
    editor.addEventListener("focus", () => { last = this; });
    editor.addEventListener("blur", () => this.keep());
    editor.addEventListener("keydown", (event) => this.press(event));
    editor.addEventListener("paste", (event) => {
      event.preventDefault();
      this.insertText(event.clipboardData.getData("text/plain"));
    });
    for (const name of ["copy", "cut"]) {
      editor.addEventListener(name, (event) => {
        event.preventDefault();
        const range = getSelection().getRangeAt(0);
        event.clipboardData.setData("text/plain", textOf(range.cloneContents()));
        if (name === "cut") this.insert(document.createTextNode(GAP));
      });
    }
    editor.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.box.classList.add("is-target");
    });
    editor.addEventListener("dragleave", () => this.box.classList.remove("is-target"));
    editor.addEventListener("drop", (event) => this.drop(event));
    this.label.addEventListener("click", () => this.focusAtEnd());
  }

  draw() {
    this.editor.replaceChildren(...nodesOf(this.control.value));
  }

  // As a field of the browser's does: the form hears of a change when one leaves it.
  keep() {
    if (!this.control.hasAttribute("data-typed")) return;
    this.control.removeAttribute("data-typed");
    this.control.dispatchEvent(new Event("change", { bubbles: true }));
  }

  changed() {
    this.control.value = textOf(this.editor);
    this.control.setAttribute("data-typed", "");
  }

  focusAtEnd() {
    this.editor.focus();
    getSelection().selectAllChildren(this.editor);
    getSelection().collapseToEnd();
  }

  insertText(text) {
    const plain = this.isMultiline ? text.replace(/\r\n?/g, "\n") : text.replace(/\s*[\r\n]+\s*/g, " ");
    this.insert(...(plain.match(REFERENCE) ? nodesOf(plain) : [document.createTextNode(plain)]));
  }

  // At the cursor, or at the end where it is elsewhere; the cursor then stands behind it.
  insert(...nodes) {
    const selection = getSelection();
    const isHere = selection.rangeCount && this.editor.contains(selection.getRangeAt(0).commonAncestorContainer);
    if (!isHere) this.focusAtEnd();
    const range = selection.getRangeAt(0);
    range.deleteContents();
    const end = nodes.at(-1);
    for (const node of nodes.toReversed()) range.insertNode(node);
    range.setStartAfter(end);
    range.collapse(true);
    selection.removeAllRanges();
    selection.addRange(range);
    this.changed();
  }

  insertOutput(reference) {
    this.insert(chipFor(reference), document.createTextNode(GAP));
    this.editor.focus();
  }

  drop(event) {
    event.preventDefault();
    this.box.classList.remove("is-target");
    const at = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const range = at ? new Range() : document.caretRangeFromPoint?.(event.clientX, event.clientY);
    if (at) range.setStart(at.offsetNode, at.offset);
    this.editor.focus();
    if (range && this.editor.contains(range.startContainer) && !range.startContainer.parentElement.closest(".ref")) {
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
    const text = event.dataTransfer.getData("text/plain");
    if (event.dataTransfer.types.includes("application/x-output")) this.insertOutput(text);
    else this.insertText(text);
    this.keep();
  }

  // -------------------------------------------------------------- keys: a chip is one character

  press(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      if (this.isMultiline) this.insert(document.createTextNode(`\n${GAP}`));
      else this.keep();
      return;
    }
    const isBack = event.key === "Backspace" || event.key === "ArrowLeft";
    const isForth = event.key === "Delete" || event.key === "ArrowRight";
    if ((!isBack && !isForth) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const selection = getSelection();
    if (!selection.isCollapsed) return;
    const chip = this.chipBeside(selection.anchorNode, selection.anchorOffset, isBack);
    if (!chip) return;
    event.preventDefault();
    const range = new Range();
    if (isBack) range.setStartBefore(chip);
    else range.setStartAfter(chip);
    if (event.key === "Backspace" || event.key === "Delete") {
      chip.remove();
      this.changed();
      if (!textOf(this.editor)) this.editor.replaceChildren();
    }
    range.collapse(true);
    selection.removeAllRanges();
    selection.addRange(range);
  }

  // The chip right before the cursor, or after it, whatever gaps lie between.
  chipBeside(node, offset, isBefore) {
    let beside = node;
    if (node === this.editor) {
      beside = node.childNodes[isBefore ? offset - 1 : offset];
    } else if (node.nodeType === Node.TEXT_NODE) {
      const between = isBefore ? node.data.slice(0, offset) : node.data.slice(offset);
      if (between.replaceAll(GAP, "")) return undefined;
      beside = isBefore ? node.previousSibling : node.nextSibling;
    }
    while (beside?.nodeType === Node.TEXT_NODE && !beside.data.replaceAll(GAP, "")) {
      beside = isBefore ? beside.previousSibling : beside.nextSibling;
    }
    return beside?.dataset?.reference ? beside : undefined;
  }

  // -------------------------------------------------------------- the picker

  pick() {
    const range = getSelection().rangeCount ? getSelection().getRangeAt(0).cloneRange() : undefined;
    const place = range && this.editor.contains(range.commonAncestorContainer) ? range : undefined;
    const picker = makePicker(this.label.firstChild.data.trim(), (reference) => {
      this.editor.focus();
      if (place) {
        getSelection().removeAllRanges();
        getSelection().addRange(place);
      } else {
        this.focusAtEnd();
      }
      if (reference) this.insertOutput(reference);
    });
    this.box.after(picker);
    picker.querySelector("input").focus();
    picker.scrollIntoView({ block: "nearest" });
  }
}

// ---------------------------------------------------------------- type to search, arrows, Enter

function makePicker(label, done) {
  const picker = document.createElement("div");
  picker.className = "outputpicker";
  const search = document.createElement("input");
  search.className = "input";
  search.type = "text";
  search.autocomplete = "off";
  search.placeholder = "Search outputs";
  search.setAttribute("role", "combobox");
  search.setAttribute("aria-label", `Output to put into ${label}`);
  search.setAttribute("aria-expanded", "true");
  search.setAttribute("aria-controls", "picker-list");
  search.setAttribute("aria-autocomplete", "list");
  const list = document.createElement("div");
  list.id = "picker-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Outputs");
  const options = outputs().map((output, index) => {
    const option = document.createElement("div");
    option.id = `pick-${index}`;
    option.setAttribute("role", "option");
    option.dataset.reference = output.dataset.output;
    const chip = chipFor(output.dataset.output);
    chip.removeAttribute("contenteditable");
    const card = document.createElement("span");
    card.className = "small muted";
    card.textContent = output.dataset.card;
    option.append(chip, card);
    return option;
  });
  list.append(...options);
  picker.append(search, list);

  const shown = () => options.filter((each) => !each.hidden);
  function mark(option) {
    for (const each of options) each.setAttribute("aria-selected", String(each === option));
    search.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }
  // Whoever leaves it closes it; what is chosen gets the focus first, so that leaving isn't what removes it.
  function close(reference) {
    picker.dataset.done = "";
    done(reference);
    picker.remove();
  }
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = search.value.trim().toLowerCase();
    for (const each of options) each.hidden = !each.textContent.toLowerCase().includes(wanted);
    mark(shown()[0]);
  });
  search.addEventListener("change", (event) => event.stopPropagation());
  search.addEventListener("keydown", (event) => {
    const all = shown();
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (event.key in places && all.length) {
      event.preventDefault();
      mark(all[(places[event.key] + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (all[at]) close(all[at].dataset.reference);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[role=option]");
    if (option) close(option.dataset.reference);
  });
  picker.addEventListener("focusout", ({ relatedTarget }) => {
    if (!("done" in picker.dataset) && !picker.contains(relatedTarget)) picker.remove();
  });
  mark(options[0]);
  return picker;
}

// ---------------------------------------------------------------- the outputs beside the cards

function listenToOutputs() {
  for (const output of outputs()) {
    const use = () => {
      last?.insertOutput(output.dataset.output);
    };
    output.addEventListener("click", use);
    output.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      use();
    });
    output.addEventListener("dragstart", ({ dataTransfer }) => {
      dataTransfer.setData("text/plain", output.dataset.output);
      dataTransfer.setData("application/x-output", output.dataset.output);
      dataTransfer.effectAllowed = "copy";
    });
  }
}

export function dressFields(form) {
  const fields = [...form.querySelectorAll("[data-chips]")].map((control) => new ChipField(control));
  last = fields[0];
  listenToOutputs();
}
