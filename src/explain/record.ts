// What is kept of a build, to explain the next one. Types only: made in observe.ts, written and read in codec.ts, compared
// in explain.ts. No value of a variable is in it, only hashes too short to confirm a guess; texts are the Dockerfile's own.

export interface BuildRecord {
  /** When it was built, in milliseconds since 1970. */
  time: number;
  /** The commit that was built, or ''. */
  commit: string;
  /** Names of all stages in the Dockerfile, built or not. */
  stages: string[];
  /** Version of the engine. */
  engine: string | null;
  /** What the job asks for that changes operations and stands in no Dockerfile (`network`, `add-hosts`, …), each hashed. */
  options: Readonly<Record<string, string>>;
  /** In the order of the report. */
  steps: StepRecord[];
}

export interface StepRecord {
  /** As in the report of its build. */
  id: string;
  stage: string;
  /** Null where one platform is built. */
  platform: string | null;
  line: number | null;
  /** Keyword in upper case. */
  instruction: string;
  /** The instruction as it stands in the Dockerfile, on one line. */
  text: string;
  /** Content of its heredocs, '' where it has none; the beginning of a long one. */
  heredoc: string;
  /** Hash of all that the instruction says, but the names of stages: by it a change is known. */
  content: string;
  /**
   * The step it stands on, in its stage or in the stage that it is FROM; null where there is none, as for what a COPY --link
   * copies.
   */
  parent: string | null;
  /** The last steps of the stages out of which it takes files, and each COPY --link between it and its parent. */
  sources: Source[];
  /** The USER, WORKDIR and SHELL that it runs under, as far as they count for it. */
  settings: Setting[];
  /** What it sees (RUN, in the builder's order: that counts) or has in its text (all others). */
  variables: Variable[];
  /** Whether these are all of its variables: the builder's own list, and not what the Dockerfile alone tells. */
  complete: boolean;
  /** Hash of the builder's operation, less what is told elsewhere; null where the builder did not tell it. */
  operation: string | null;
  /** The images that it begins with or takes files from. */
  images: Image[];
  /** Hash of what the builder found behind the URLs of an ADD; null where it has none, or is not known. */
  remote: string | null;
  /** What it reads of the build context, sorted by path; null where that is not known, or it reads another context. */
  files: FileState[] | null;
  /** Did the build leave a result of it? */
  done: boolean;
  /** Bytes of the files that it added to the image; null where that is not known. */
  layerBytes: number | null;
  /** For which it ran when it last ran; null where that is not known. */
  seconds: number | null;
}

export interface Source {
  step: string;
  way: 'copy' | 'mount' | 'link';
}

export interface Setting {
  keyword: 'USER' | 'WORKDIR' | 'SHELL';
  /** The instruction as it stands in the Dockerfile. */
  text: string;
  line: number;
}

export interface Variable {
  name: string;
  /** Five hexadecimal digits of a hash of name and value: a change shows, a guess cannot be confirmed. */
  value: string;
  /** Line of the ARG or ENV that brings it; null where that is the base image or the builder. */
  line: number | null;
}

export interface Image {
  /** As the Dockerfile names it, variables resolved where they are known. */
  name: string;
  digest: string | null;
}

export interface FileState {
  /** From the root of the build context. */
  path: string;
  /** With the bits of its kind: 0o100644 for a file, 0o120777 for a link, 0o40755 for a directory. */
  mode: number;
  /** Bytes of a file, or of the target of a link; 0 for all else. */
  size: number;
  /** Beginning of the hash that git would give the content: 16 hexadecimal digits; '' for what has none. */
  digest: string;
}
