// Which products need a pledge of patents: data, so that a product is added without new code.

export interface ProductSecurity {
  readonly productId: string;
  readonly pledge: boolean;
}

export const productSecurities: readonly ProductSecurity[] = [
  { productId: 'IP_PLEDGE', pledge: true },
  { productId: 'NEW_QUALITY', pledge: false },
  { productId: 'TALENT', pledge: false },
  { productId: 'INNOVATION', pledge: false },
];

/** A product that is not in the table asks for none: decisioning refers what it does not know. */
export function needsPledge(productId: string): boolean {
  return productSecurities.some((product) => product.productId === productId && product.pledge);
}
