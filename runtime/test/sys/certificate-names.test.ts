import { describe, expect, it } from 'vitest';
import { certificateNames } from '../../src/sys/certificate-names.ts';

describe('the names of a certificate', () => {
  it('are its URIs and host names, and no others', () => {
    expect(certificateNames('DNS:a.example, IP Address:127.0.0.1, URI:job-1, email:a@b')).toEqual([
      'a.example',
      'job-1',
    ]);
    expect(certificateNames()).toEqual([]);
  });

  it('are not torn out of a name that holds the text of another', () => {
    expect(certificateNames('URI:"x, DNS:job-1"')).toEqual(['"x, DNS:job-1"']);
  });
});
