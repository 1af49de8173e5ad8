/** The colour of each service. None of them is the colour of a part (`--cpu`, `--wait`, `--queue`, ...). */
const OF_SERVICES = {
  loadgen: '#8A939B', gateway: '#A16BD6', iobound: '#22B8C4', cpubound: '#E0559B', mixed: '#B0764A', items: '#6C74E0',
};

const OTHERS = ['#4FA3A5', '#C264C2', '#8C9A3B', '#7D7AFF', '#C77B5B'];

/** @returns {string} the colour of a service, the same one at every call */
export function serviceColor(name) {
  if (OF_SERVICES[name]) return OF_SERVICES[name];
  let sum = 0;
  for (const character of String(name)) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return OTHERS[sum % OTHERS.length];
}
