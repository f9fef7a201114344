/** What bundle.mjs makes of the folder `page`. */
export const script: string;
export const style: string;
