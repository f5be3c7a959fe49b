// <details data-open-wide>: open beside the rows on wide screens, where the style sheet alone cannot do it.

export function openWideFilters() {
  if (CSS.supports("selector(::details-content)") || !matchMedia("(min-width: 48rem)").matches) return;
  for (const filters of document.querySelectorAll("details[data-open-wide]")) filters.open = true;
}
