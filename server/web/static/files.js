// Files of this computer: chosen in the menu, or dropped anywhere on the page.

import { $ } from "./dom.js";

// listenFiles calls open with the first file.
export function listenFiles(open) {
  $("open-file").onclick = () => {
    $("export-menu").hidePopover();
    $("file").click();
  };
  $("file").onchange = () => {
    if ($("file").files[0]) open($("file").files[0]);
    $("file").value = "";
  };
  const sheet = $("drop");
  const hide = () => { sheet.hidden = true; };
  show(window);
  sheet.addEventListener("dragover", event => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  sheet.addEventListener("dragleave", hide);
  sheet.addEventListener("drop", event => {
    event.preventDefault();
    hide();
    if (event.dataTransfer.files[0]) open(event.dataTransfer.files[0]);
  });
}

// show lays the sheet that takes the file over the page, when one is dragged into a window: the page's, or the frame's.
export function show(target) {
  for (const kind of ["dragenter", "dragover"]) {
    target.addEventListener(kind, event => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      $("drop").hidden = false;
    }, true);
  }
  target.addEventListener("drop", event => { // quicker than the sheet
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}
