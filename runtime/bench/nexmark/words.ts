/** The letters that all random texts are cut from. */
export const letters: string =
  'taeiaajjwtttcrzfyqjywieoupehxrazjqbnhwrtsipkwdjnjcwdarfckdgutbngsqeaadoniihlbxvjphbmxkpfaifvznow' +
  'ohrooddchpnbowupdjmftwbvdmwcdzlhdwhhuxuihfwmeyrgvkpqusiodifhritnryfhpringttmbyoxdszsmnpvvagyvuvx' +
  'kbxsmjxwxkajdwrtsooewdkmeeymmvhdvdkbvqxvkfgntesxbuvyuvmtejayrqovixtkuznmfslrppohuogtktbowqtkenhd' +
  'lkvtvdojmgouufvjcavqtuhkxlwstjoxeixnxjhnbfcafgzymsfkeiqdplgwunfoipsjubtherkwlsishzhibisp';

/** `length` letters from a position on. */
export const lettersFrom = (start: number, length: number): string =>
  letters.substring(start, start + length);

export const firstNames: readonly string[] =
  'Peter Paul Luke John Saul Vicky Kate Julie Sarah Deiter Walter'.split(' ');
export const lastNames: readonly string[] =
  'Shultz Abrams Spencer White Bartels Walton Smith Jones Noris'.split(' ');
export const cities: readonly string[] =
  'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
export const states: readonly string[] = 'AZ CA ID OR WA WY'.split(' ');
export const hotChannels: readonly string[] = 'Google Facebook Baidu Apple'.split(' ');
export const hotPaths: readonly string[] =
  'googl/aaaaa/bbbbb faceb/ccccc/ddddd baidu/eeeee/fffff apple/ggggg/hhhhh'.split(' ');
