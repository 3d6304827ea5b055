// The types of machine.mjs, which must run before a compiler or Node 24 is there.
export type Environment = Readonly<Record<string, string | undefined>>;

export declare const FREE_MIB_MIN: number;

export declare const sentences: {
  SAIDAO_NODE_OLD(values: { found: string }): string;
  SAIDAO_JAVA_MISSING(): string;
  SAIDAO_JAVA_OLD(values: { found: string; path: string }): string;
  SAIDAO_MAVEN_MISSING(): string;
  SAIDAO_DISK_FULL(values: { freeMiB: number; neededMiB: number; folder: string }): string;
  SAIDAO_SCRIPTS_NOT_ALLOWED(values: { missing: string }): string;
  SAIDAO_PACKAGES_FAILED(values: { reason: string }): string;
};

export declare class LocalFault extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions);
}

export interface Java {
  path: string;
  version: string;
}

export declare function onPath(program: string, environment: Environment): string | null;
export declare function checkNode(version?: string): void;
export declare function findJava(environment: Environment): Promise<Java>;
export declare function findMaven(environment: Environment): string;
export declare function freeMiB(folder: string): number;
export declare function checkDisk(folder: string, neededMiB?: number): void;
