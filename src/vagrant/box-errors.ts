import { firstGroup } from './explanation.ts';
import type { Complaint, ErrorClass, Explanation } from './explanation.ts';

const wrongBox = "Correct the box's name, version or URL in the scenario, or what LAB_MIRROR holds.";

/** Errors of getting a box. Where the network is at fault, the general fix of LAB_BOX_MISSING is the one to show. */
export const boxErrors: readonly ErrorClass[] = [
  {
    names: ['BoxAddShortNotFound'],
    opening: /^The box '[^']*' could not be found or could not be accessed in the remote catalog/,
    explain: ({ text }) =>
      missing(
        `${capital(named(nameIn(text) ?? ''))} is not at ${firstGroup(/URL: \["(.*)"\]/, text) ?? 'its catalogue'}, or that cannot be reached: ${lastLine(text).replace(/^Error: /, '')}`,
      ),
  },
  {
    names: ['DownloaderError', 'DownloaderInterrupted'],
    opening: /^An error occurred while downloading the remote file/,
    explain: notDownloaded,
  },
  {
    names: ['BoxMetadataDownloadError'],
    opening: /^There was an error while downloading the metadata for this box/,
    explain: (complaint) =>
      missing(
        `The description of ${named(boxOf(complaint))} could not be fetched: ${lastLine(complaint.text)}`,
      ),
  },
  {
    names: ['BoxAddNoMatchingProvider', 'BoxAddNoArchitectureSupport', 'BoxAddNoMatchingArchitecture'],
    opening: /^The box you're attempting to add doesn't support the (provider|architecture)/,
    explain: ({ text }) =>
      missing(
        `Box ${field('Name', text)} at ${field('Address', text)} has no version for this provider and processor.`,
        wrongBox,
      ),
  },
  {
    names: ['BoxAddNoMatchingVersion', 'BoxAddNoMatchingProviderVersion'],
    opening: /^The box you're attempting to add has no available version/,
    explain: ({ text }) =>
      missing(
        `Box ${field('Box', text)} at ${field('Address', text)} has no version ${field('Constraints', text)}, but ${field('Available versions', text)}.`,
        wrongBox,
      ),
  },
  {
    names: ['BoxAddNameMismatch'],
    opening: /^The box you're adding has a name different from the name you requested/,
    explain: ({ text }) =>
      missing(
        `Box ${field('Requested name', text)} was asked for, and the one at its address is ${field('Actual name', text)}.`,
        wrongBox,
      ),
  },
  {
    names: ['BoxChecksumMismatch', 'DownloaderChecksumError'],
    opening: /^The (checksum of the downloaded box did not match|calculated checksum of the requested file)/,
    explain: (complaint) => ({
      code: 'LAB_ARTIFACT_CHECKSUM',
      message: `${capital(named(boxOf(complaint)))} is not the one that was expected: its checksum is ${received(complaint.text)}, and not ${expected(complaint.text)}.`,
      hint: 'Run the same command again to fetch it anew. If it is refused again, the box at that address has been changed or what LAB_MIRROR holds is damaged.',
    }),
  },
  {
    names: [
      'BoxUnpackageFailure',
      'BoxVerificationFailed',
      'BoxMetadataCorrupted',
      'BoxMetadataFileNotFound',
    ],
    opening:
      /^(The box failed to unpackage|The box file you're attempting to add is invalid|The metadata associated with|The "metadata\.json" file for)/,
    explain: (complaint) =>
      missing(
        `${capital(named(boxOf(complaint)))} cannot be unpacked: ${lastLine(complaint.text)}`,
        'See that the disk is not full, then run the same command again to fetch it anew.',
      ),
  },
  {
    names: [
      'BoxNotFound',
      'BoxNotFoundWithProvider',
      'BoxNotFoundWithProviderAndVersion',
      'BoxProviderDoesntMatch',
      'BoxServerNotSet',
      'BoxMetadataMalformed',
      'BoxMetadataMalformedVersion',
      'BoxMetadataMissingRequiredFields',
      'BoxVersionInvalid',
      'BoxAddDirectVersion',
    ],
    opening: /^The box '[^']*' (\(v|does not exist|isn't installed)/,
    explain: (complaint) =>
      missing(
        `${capital(named(boxOf(complaint)))} cannot be used: ${complaint.text.replace(/\s+/g, ' ').trim()}`,
        wrongBox,
      ),
  },
  {
    names: ['BoxAlreadyExists'],
    opening: /^The box you're attempting to add already exists/,
    explain: ({ text }) => ({
      code: 'LAB_VAGRANT_FAILED',
      message: `Vagrant has box ${field('Name', text)}, version ${field('Version', text)}, for ${field('Provider', text)} already.`,
      hint: `It can be used as it is. To have another in its place: \`vagrant box remove ${field('Name', text)} --box-version ${field('Version', text)} --provider ${field('Provider', text)}\`.`,
    }),
  },
];

function missing(message: string, hint?: string): Explanation {
  return { code: 'LAB_BOX_MISSING', message, ...(hint === undefined ? {} : { hint }) };
}

/** Vagrant also downloads scripts for provisioners; then no box is spoken of. */
function notDownloaded(complaint: Complaint): Explanation {
  const reason = lastLine(complaint.text);
  const name = boxOf(complaint);
  return name === ''
    ? { code: 'LAB_VAGRANT_FAILED', message: `Vagrant could not download a file: ${reason}` }
    : missing(`Box ${name} could not be fetched: ${reason}`);
}

/** The box that this is about: from the text, or from what Vagrant said before it. Empty where none is named. */
function boxOf({ text, rows }: Complaint): string {
  const said = rows.flatMap((row) => (row.kind === 'ui' || row.kind === 'text' ? [row.text] : []));
  return nameIn(text) ?? said.map(nameIn).findLast((name) => name !== undefined) ?? '';
}

function named(box: string): string {
  return box === '' ? 'the box' : `box ${box}`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function nameIn(text: string): string | undefined {
  return firstGroup(/\b[Bb]ox '([^'/:][^':]*)'/, text);
}

function field(name: string, text: string): string {
  return firstGroup(new RegExp(`^${name}: (.*)$`, 'm'), text) ?? '(unknown)';
}

const received = (text: string): string =>
  firstGroup(/(?:Received|Calculated checksum): +(\S+)/, text) ?? 'another';
const expected = (text: string): string =>
  firstGroup(/Expected(?: checksum)?: +(\S+)/, text) ?? 'that of the box';

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
