/**
 * A text without what nobody should find in a recording or a handout: private keys, tokens that let a machine join a
 * swarm, values of variables whose name ends in PASSWORD, and passwords in URLs. What stands in their place says what
 * was there. A key whose end is missing is taken out to the end of the text.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(privateKey, '<private key>')
    .replace(/\bSWMTKN-[0-9A-Za-z-]+/g, '<swarm join token>')
    .replace(/(["'])(\w*PASSWORD)=(?!<password>\1)[^"'\n]*\1/gi, '$1$2=<password>$1')
    .replace(/\b(\w*PASSWORD)=(?!<password>)(?:"[^"\n]*"|'[^'\n]*'|[^\s"']+)/gi, '$1=<password>')
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):(?!<password>)[^\s/@]+@/gi, '$1:<password>@');
}

/** PEM and OpenSSH: `-----BEGIN RSA PRIVATE KEY-----` (RFC 7468 and its forerunners). */
const privateKey =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$(?![\s\S]))/g;
